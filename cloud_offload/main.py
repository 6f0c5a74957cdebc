"""The Cloud Function `score_recording`: an object in `recordings/` becomes an answer in `predictions/`, and is deleted.

Deployed by `deploy.sh`; every setting is an environment variable:

- BUCKET: the only bucket whose events count, as `deploy.sh` sets it. Without it every bucket counts that the function's
  account may read and write.
- MODEL_URI, MODEL_SHA256: another model than the one in the package, as gs://bucket/name.
- PREDICT_URL: ask this prediction endpoint (see `predict.py`) instead of scoring here.
- STORAGE_EMULATOR_HOST: a bucket for tests.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import bucket
import flask
import functions_framework
from notes import note
from recording import Job, Unreadable, error_answer, job_of, sound_of
from request_body import limit_events
from scorer_choice import score

# No daemon waits this long; without a limit the platform would deliver the event for a day
_OLDEST: Final = timedelta(minutes=30)


if flask.has_app_context():  # the framework's, which has no limits of its own
    limit_events(flask.current_app)


@functions_framework.cloud_event
def score_recording(event: Any) -> None:
    """Scores the recording of a storage event; raises where another delivery may succeed."""
    job = job_of(event.data)
    if job is None:
        note("INFO", "not a recording of ours; left alone")
        return
    if job.bucket != os.environ.get("BUCKET", job.bucket):
        note("WARNING", "an event of another bucket; left alone", bucket=job.bucket[:80])
        return
    if _too_old(event):
        note("WARNING", "given up after half an hour", segment=job.segment)
        bucket.delete(job.bucket, job.name, job.generation)
        return
    answer = _answer(job)
    if answer is None:
        note("INFO", "gone: an earlier delivery has done it", segment=job.segment)
        return
    first = bucket.write_once(job.bucket, job.answer_name, answer)
    # After the answer: a crash in between costs a second delivery, not the answer
    bucket.delete(job.bucket, job.name, job.generation)
    note("INFO", "answered" if first else "answered already", segment=job.segment, error=answer.get("error"))


def _answer(job: Job) -> dict[str, Any] | None:
    """Answer about a recording; None where it is gone."""
    began_s = time.monotonic()
    try:
        content = bucket.read(job.bucket, job.name, job.generation, job.check_size())
        if content is None:
            return None
        answer = score(job, sound_of(content))
    except (Unreadable, bucket.TooLarge) as error:
        return error_answer(job, str(error))
    return answer | {"elapsed_ms": round(1000 * (time.monotonic() - began_s), 1)}


def _too_old(event: Any) -> bool:
    try:
        sent = datetime.fromisoformat(str(event["time"]))
    except (KeyError, ValueError):
        return False
    sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    return datetime.now(UTC) - sent > _OLDEST
