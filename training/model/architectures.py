"""Architectures of the network, causal in time, one vector a hop (compared in docs/decisions/0004-hearing.md).

A trunk turns frames (batch, 24 t, 64, 1) into vectors (batch, t, width). The head turns vectors into embeddings
(batch, t, 64), which the verifier sees. `prepend_past(tensor, n)` puts n earlier steps before a tensor; the layers
themselves do not pad.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from babycryd.detect.scoring import EMBEDDING

SHIPPED: Final = "wide"
WIDTH: Final = 96  # size of the vector of a hop, unless the trunk sets another
POOLED: Final = (4, 8)  # hops that the head pools over: 0.96 s and 1.92 s
POOLED_ELSEWHERE: Final = {"plain short": (4,), "plain long": (4, 8, 16)}
MOMENTUM: Final = 0.97

PrependPast = Callable[[Any, int], Any]


def _relu(tensor: Any) -> Any:
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(tensor))


def _bands(tensor: Any, before: int, after: int) -> Any:
    from keras import layers

    return layers.ZeroPadding2D(((0, 0), (before, after)))(tensor)


def _convolved(
    tensor: Any, channels: int, size: int, stride: tuple[int, int], earlier: int, prepend_past: PrependPast
) -> Any:
    """Convolution over `earlier` steps of the past, with half as many bands, batch normalisation and ReLU."""
    from keras import layers

    around = (2, 1) if size == 5 else (1, 1)
    padded = _bands(prepend_past(tensor, earlier), *around)
    return _relu(layers.Conv2D(channels, size, stride, use_bias=False)(padded))


def _vector(picture: Any, width: int = WIDTH) -> Any:
    """Remaining bands and channels -> one vector a hop."""
    from keras import layers

    flat = layers.Reshape((-1, picture.shape[2] * picture.shape[3]))(picture)
    return _relu(layers.Dense(width, use_bias=False)(layers.Dropout(0.1)(flat)))


def plain(inputs: Any, prepend_past: PrependPast, channels: Sequence[int] = (24, 40, 64, WIDTH)) -> Any:
    """Trunk of ordinary convolutions, which train several times faster on a CPU than depthwise ones."""
    picture = _convolved(inputs, channels[0], 5, (4, 2), 1, prepend_past)
    picture = _convolved(picture, channels[1], 3, (2, 2), 1, prepend_past)
    picture = _convolved(picture, channels[2], 3, (1, 2), 2, prepend_past)
    return _vector(_convolved(picture, channels[3], 3, (3, 2), 0, prepend_past), channels[3])


def wide(inputs: Any, prepend_past: PrependPast) -> Any:
    """The plain trunk with as many channels as the size allows."""
    return plain(inputs, prepend_past, (32, 48, 80, 112))


def separable(inputs: Any, prepend_past: PrependPast) -> Any:
    """Trunk of depthwise-separable convolutions after an ordinary one, with more channels."""
    from keras import layers

    picture = _convolved(inputs, 24, 5, (4, 2), 1, prepend_past)
    for channels, pool in ((48, (2, 2)), (96, (1, 2)), (128, (3, 2))):
        spread = layers.DepthwiseConv2D(3, use_bias=False)(_bands(prepend_past(picture, 2), 1, 1))
        picture = _relu(layers.Conv2D(channels, 1, use_bias=False)(_relu(spread)))
        picture = layers.AveragePooling2D(pool)(picture)
    return _vector(picture)


def broadcast(inputs: Any, prepend_past: PrependPast) -> Any:
    """Trunk of broadcasted residual blocks after BC-ResNet (Kim et al., 2021): time filters see the mean band."""
    from keras import layers

    picture = _convolved(inputs, 24, 5, (4, 2), 1, prepend_past)
    for channels, pool in ((32, (2, 2)), (48, (1, 1)), (48, (1, 2)), (64, (1, 1)), (96, (3, 2))):
        if picture.shape[3] != channels:
            picture = _relu(layers.Conv2D(channels, 1, use_bias=False)(picture))
        across = layers.DepthwiseConv2D((1, 3), use_bias=False)(_bands(picture, 1, 1))
        across = layers.BatchNormalization(momentum=MOMENTUM)(across)
        mean = layers.AveragePooling2D((1, across.shape[2]))(across)
        along = layers.DepthwiseConv2D((3, 1), use_bias=False)(prepend_past(mean, 2))
        along = layers.Activation("silu")(layers.BatchNormalization(momentum=MOMENTUM)(along))
        summed = layers.Add()([picture, across, layers.Conv2D(channels, 1)(along)])
        picture = layers.AveragePooling2D(pool)(layers.ReLU()(summed))
    return _vector(picture)


TRUNKS: Final[dict[str, Callable[[Any, PrependPast], Any]]] = {
    "plain": plain,
    "separable": separable,
    "broadcast": broadcast,
    "plain short": plain,
    "plain long": plain,
    "wide": wide,
}


def head(vectors: Any, prepend_past: PrependPast, architecture: str, dropout: float) -> Any:
    """Vectors (batch, t, width) -> embeddings (batch, t, 64), with mean and maximum over the last hops (POOLED)."""
    from keras import layers

    views = [vectors]
    for hops in POOLED_ELSEWHERE.get(architecture, POOLED):
        past = prepend_past(vectors, hops - 1)
        views += [layers.AveragePooling1D(hops, 1)(past), layers.MaxPooling1D(hops, 1)(past)]
    summary = layers.Dropout(dropout)(layers.Concatenate()(views))
    return layers.Dense(EMBEDDING, activation="relu", name="embedding")(summary)
