// The parts that the first view does not need, loaded once the state shows: fewer files before it, on a slow network.
import { Alarm } from "./alarm.js";
import { Calms } from "./calms.js";
import { Clips } from "./clips.js";
import { startKiosk } from "./kiosk.js";
import { Nights } from "./nights.js";
import { Push } from "./push.js";
import { Sounds } from "./sounds.js";
import { Tonight } from "./tonight.js";

export function partsOf({ command, toast, failed, marks }) {
  startKiosk();
  const push = new Push(command, toast);
  push.show().catch(() => {}); // no Web Push: the page works without
  return {
    alarm: new Alarm(),
    calms: new Calms(command),
    clips: new Clips(command, failed),
    nights: new Nights(marks, failed),
    sounds: new Sounds(command, toast, failed),
    tonight: new Tonight(marks),
  };
}
