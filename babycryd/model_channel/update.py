"""Update: takes the newest model of a source, checks it, and puts it on trial. Nothing changes where a step fails."""

from collections.abc import Callable
from pathlib import Path

from babycryd.detect.tflite import ModelError
from babycryd.model_channel.choice import Choice, ChoiceError
from babycryd.model_channel.minisign_format import SignatureError
from babycryd.model_channel.offer import LARGEST_BYTES, OFFER, SIGNATURE, Offer, OfferError, offer_of
from babycryd.model_channel.package import LARGEST_OFFER, LARGEST_SIGNATURE, package_of, require_checksum
from babycryd.model_channel.signatures import require_signed
from babycryd.model_channel.source import ModelSource, SourceError
from babycryd.model_channel.store import ModelStore, StoreError
from babycryd.model_channel.trial_run import TrialError, require_trial

Trial = Callable[[Path, str], None]  # raises TrialError


class UpdateError(Exception):
    """No new model was taken; the text says why. What was in use before still is."""


def update(
    source: ModelSource, store: ModelStore, key: str, shipped: str, *, again: bool = False, trial: Trial = require_trial
) -> Choice:
    """Put the newest model of the source on trial, and return the new choice.

    `key`: the public one; `shipped`: name of the shipped model; `again`: also a model that was rolled back. Blocks for
    as long as the source and the trial run take. Raises UpdateError.
    """
    try:
        return _update(source, store, key, shipped, again=again, trial=trial)
    except SignatureError as wrong:
        raise UpdateError(f"the signature of {OFFER} {wrong}") from wrong
    except (SourceError, OfferError, ModelError, ChoiceError, StoreError, TrialError) as failed:
        raise UpdateError(str(failed)) from failed


def _update(source: ModelSource, store: ModelStore, key: str, shipped: str, *, again: bool, trial: Trial) -> Choice:
    told = _read(source, OFFER, LARGEST_OFFER)
    signed = _read(source, SIGNATURE, LARGEST_SIGNATURE)
    require_signed(told, signed, key)  # before anything of it is understood
    offer = offer_of(told)
    before = store.choice()
    step = before.offered(offer.sha256, offer.serial, shipped, again=again)
    files = {name: _file(source, offer, name) for name in offer.files}
    package_of(files, offer.sha256[:12])
    store.prune(before.kept)
    folder = store.keep(offer.sha256, files | {OFFER: told, SIGNATURE: signed})
    try:
        trial(folder, key)
    except TrialError:
        store.prune(before.kept)
        raise
    choice = store.change(
        lambda now: step if now == before else now.offered(offer.sha256, offer.serial, shipped, again=again)
    )
    store.prune(choice.kept)
    return choice


def _file(source: ModelSource, offer: Offer, name: str) -> bytes:
    content = _read(source, f"{offer.sha256}/{name}", LARGEST_BYTES[name])
    require_checksum(name, content, offer.files[name])
    return content


def _read(source: ModelSource, name: str, largest_bytes: int) -> bytes:
    content = source.read(name, largest_bytes)
    if content is None:
        raise SourceError(f"there is no {name} at model_channel.source; is it still being written, or the wrong place?")
    return content
