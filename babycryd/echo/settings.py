"""PURE. Settings of echo cancellation, as they stand under `echo:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class EchoSettings:
    """Settings of echo cancellation: whether the own sound is taken out of the microphone's."""

    enabled: bool = setting(
        True, "Takes what the speaker plays out of what the microphone hears; needs Debian's package `libspeexdsp1`."
    )
