"""Soothing controller: reads events, drives the player as the strategy decides, publishes the outcome."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time

from babycryd.core.bus import Bus, Subscription
from babycryd.core.command_values import CommandError, shortened
from babycryd.core.commands import Command, CommandResult, PlayLullaby, StopLullaby
from babycryd.core.events import CryStarted, Event, LevelMeasured
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped, SootheEvent, StopReason
from babycryd.soothe.player import Lullaby, Player, PlayerError, until_silent
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.single_sound import SingleSound
from babycryd.soothe.soothing_settings import SoothingSettings
from babycryd.soothe.strategy import Action, FadeOut, Play, SoothingStrategy, Tell, Track
from babycryd.soothe.wishes import SoundWishes

logger = logging.getLogger(__name__)
TICK_S = 0.5  # longest time between two decisions and checks of the speaker, unless the strategy is idle

_LEAST_WATCH_SHARE = 0.9  # of a tick, between two looks at the speaker


class SoothingController:
    """Soothing controller: one vital task, `run`; the only owner of `strategy` and `player`."""

    EXECUTES: tuple[type[Command], ...] = (PlayLullaby, StopLullaby)

    def __init__(
        self,
        strategy: SoothingStrategy,
        player: Player,
        subscription: Subscription,
        bus: Bus,
        local_time: Callable[[], time] = lambda: datetime.now().time(),  # noqa: DTZ005  # the local time, and its zone costs 20 us
    ) -> None:
        self._strategy = strategy
        self._player = player
        self._subscription = subscription
        self._bus = bus
        self._local_time = local_time
        self._lullaby: Lullaby | None = None
        self._closing = False
        self._share = 1.0  # of lullaby.max_volume
        self.limit = 1.0  # highest volume of the mixer, 0..1, from the loudness at the cot
        self.single_sound = SingleSound(player)
        self._lock = asyncio.Lock()  # one task at a time uses the player
        self._trouble = ""  # why the last lullaby failed
        self._published_trouble = ""  # the trouble published last, since the crying began
        self._watched_s = -math.inf  # by the loop's clock
        self._stream_offset_s = 0.0  # the loop's clock minus stream time, as of the last event

    async def run(self) -> None:
        """Soothe until cancelled; a silent speaker is an event, never an error."""
        try:
            await self._player.prepare()
        except PlayerError as error:
            logger.error("no lullaby can be played for now: %s", error)  # noqa: TRY400  # its text has the details
        while True:
            event = await self._next_event()
            if isinstance(event, CryStarted):
                self.single_sound.end()
            async with self._lock:
                await self._act(self._decide(event))
                await self._watch_often_enough()

    async def close(self, grace_s: float = 0.8) -> None:
        """Fade the sounding lullaby and release the speaker, within about `grace_s`. A running `run` does no more."""
        self._closing = True
        self.single_sound.end()
        try:
            async with asyncio.timeout(grace_s):
                if self._lullaby is not None:
                    self._lullaby.ending = "stopped"
                    await self._player.fade_out(grace_s / 2)
                    await until_silent(self._player)
        except (PlayerError, TimeoutError) as error:
            logger.warning("the lullaby could not be faded at the end: %s", str(error) or "no answer in time")
        with contextlib.suppress(PlayerError):
            await self._player.close()
        if self._lullaby:
            self._stopped(self._lullaby, "stopped")

    def configure(self, settings: LullabySettings, soothing: SoothingSettings | None = None) -> None:
        """Use the live settings from the next tick on, on a sounding lullaby too; None keeps those of `soothing`."""
        self._strategy.configure(settings, soothing)

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose from these tracks, at least one, from the next lullaby on."""
        self._strategy.use_tracks(tracks)

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of all tracks that can be played."""
        return self._strategy.tracks

    def wish(self, wishes: SoundWishes) -> None:
        """Choose the sounds as the owner wishes, from the next one on."""
        self._strategy.wishes = wishes

    def set_share(self, share: float) -> None:
        """Play at this share, 0..1, of the highest volume allowed, from the next tick on."""
        self._share = share

    @property
    def is_playing(self) -> bool:  # or fades out
        return self._lullaby is not None

    async def execute(self, command: PlayLullaby | StopLullaby) -> CommandResult:
        """Play or stop a lullaby by command. Raises CommandError."""
        now_s = asyncio.get_running_loop().time()
        self.single_sound.end()
        async with self._lock:
            if self._closing:
                raise CommandError("babycryd is stopping")
            if isinstance(command, StopLullaby):
                await self._act(self._strategy.stop(now_s))
                return {"lullaby": "OFF"}
            await self._start_asked(now_s, command.track)
            return {"lullaby": "ON", "track": self._lullaby.track if self._lullaby else None}

    def silent_because(self) -> str | None:
        """Return why a self-test should not use the speaker now, or None."""
        forbidden = self._strategy.settings.silent_at(self._local_time())
        return forbidden or (None if self._lullaby is None else "a lullaby plays")

    async def play_once(self, track: Track, length_s: float, volume: float | None = None) -> None:
        """Play a sound that is no lullaby, such as a test. Raises CommandError where it cannot, or a lullaby plays.

        A sound with a `volume` of its own, 0..1, ends early where a lullaby is asked for or the baby cries.
        """
        async with self._lock:
            if self._lullaby is not None or self._closing:
                raise CommandError("a lullaby plays; try again when it has ended")
            try:
                loud = self.volume if volume is None else volume
                await self.single_sound.play(track, length_s, loud, may_end_early=volume is not None)
            except PlayerError as error:
                raise CommandError(f"the speaker does not play: {error}") from error

    async def _start_asked(self, now_s: float, track: str | None) -> None:
        try:
            actions = self._strategy.ask(now_s, track)
        except KeyError:
            names = ", ".join(self._strategy.tracks)
            raise CommandError(f"there is no track {shortened(str(track))}; there are: {names}") from None
        await self._act(actions, chosen=track is not None)
        if self._lullaby is None:
            raise CommandError(f"the lullaby cannot be played: {self._trouble}")

    @property
    def volume(self) -> float:
        """Volume, 0..1, of the present or the next lullaby."""
        return self._volume_at(self._lullaby.share if self._lullaby else 1.0)

    def _volume_at(self, share: float) -> float:
        return min(self._strategy.settings.max_volume * self._share * share, self.limit)

    async def _next_event(self) -> Event | None:
        """Return the next event, or None after TICK_S without one: a deaf microphone sends none.

        While nothing plays and the strategy is idle, there is nothing to do before the next event: a command that makes
        it play publishes one.
        """
        if self._lullaby is None and self._strategy.idle:
            return await self._subscription.get()
        try:
            async with asyncio.timeout(TICK_S):
                return await self._subscription.get()
        except TimeoutError:
            return None

    def _decide(self, event: Event | None) -> list[Action]:
        # The loop's clock, because stream time stands still while the microphone is deaf.
        now_s, local_time = asyncio.get_running_loop().time(), self._local_time()
        if self._closing or isinstance(event, SootheEvent):  # soothing events were published here
            return []
        if event is None:
            return self._strategy.tick(now_s, local_time)
        self._stream_offset_s = now_s - event.at_s
        if isinstance(event, LevelMeasured):  # comes every second, and says only that time passes
            return [] if self._strategy.idle else self._strategy.tick(now_s, local_time)
        if isinstance(event, CryStarted):
            self._published_trouble = ""
        return self._strategy.update(event, now_s, local_time)

    async def _act(self, actions: Sequence[Action], *, chosen: bool = False) -> None:
        for action in actions:
            match action:
                case Play():
                    await self._play(action, chosen=chosen)
                case FadeOut():
                    await self._fade_out(action)
                case Tell(event=event):
                    self._bus.publish(replace(event, at_s=self._stream_now_s()))

    async def _play(self, play: Play, *, chosen: bool) -> None:
        if self._lullaby:  # still fading out
            self._stopped(self._lullaby, self._lullaby.ending or "stopped")
        volume, fade_s = self._volume_at(play.share), self._strategy.settings.fade_in_s
        try:
            track = await self._player.play(play.tracks, repeat_one=play.repeat_one, volume=volume, fade_in_s=fade_s)
        except PlayerError as error:
            await self._failed(play.track, error)
            return
        self._lullaby = Lullaby(track.name, volume, play.share, play.repeat_one)
        self._published_trouble = ""
        await self._tell(LullabyStarted(self._stream_now_s(), track.name, chosen))

    async def _tell(self, event: LullabyStarted | LullabyFailed, *, publish: bool = True) -> None:
        """Publish what became of a `Play`, and let the strategy know."""
        if publish:
            self._bus.publish(event)
        await self._act(self._strategy.update(event, asyncio.get_running_loop().time(), self._local_time()))

    async def _fade_out(self, fade: FadeOut) -> None:
        if self._lullaby is None:
            return
        self._lullaby.ending = fade.reason
        try:
            await self._player.fade_out(min(fade.longest_s, self._strategy.settings.fade_out_s))
        except PlayerError as error:
            await self._failed(self._lullaby.track, error)

    async def _watch_often_enough(self) -> None:
        """Watch at most every TICK_S, not at each event: the mixer is another process, and a question to it costs."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._watched_s >= _LEAST_WATCH_SHARE * TICK_S:
            self._watched_s = now_s
            await self._watch()

    async def _watch(self) -> None:
        """Notice the end of a fade, a lost speaker, and another volume."""
        lullaby, volume = self._lullaby, self.volume
        if lullaby is None or self._closing:
            return
        try:
            if volume != lullaby.volume:
                lullaby.volume = volume
                await self._player.set_volume(volume)
            sounding = await self._player.sounding()
        except PlayerError as error:
            await self._failed(lullaby.track, error)
            return
        if sounding is None:
            self._stopped(lullaby, lullaby.ending or "stopped")
        elif lullaby.repeats and sounding.name != lullaby.track:  # its track ended by itself
            self._stopped(lullaby, "next")
            self._lullaby = replace(lullaby, track=sounding.name)
            await self._tell(LullabyStarted(self._stream_now_s(), sounding.name))

    def _stopped(self, lullaby: Lullaby, reason: StopReason) -> None:
        self._lullaby = None
        self._bus.publish(LullabyStopped(self._stream_now_s(), lullaby.track, reason))

    async def _failed(self, track: str, error: PlayerError) -> None:
        self._lullaby = None
        self._trouble = str(error)
        is_new = self._trouble != self._published_trouble  # an attempt is made every few seconds
        self._published_trouble = self._trouble
        await self._tell(LullabyFailed(self._stream_now_s(), track, str(error)), publish=is_new)

    def _stream_now_s(self) -> float:
        return asyncio.get_running_loop().time() - self._stream_offset_s
