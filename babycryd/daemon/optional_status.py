"""Status of the optional components, for health and the checks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from babycryd.core.events import Route
from babycryd.core.health_parts import ModelHealth
from babycryd.core.home_rooms import Overview
from babycryd.monitoring.health import OffloadStatus


@dataclass(slots=True)
class OptionalStatus:
    """Status of the optional components: each sets its callable when it is built; health and the checks ask here.

    A component may be built late, so they ask `OptionalStatus` each time and keep none of its callables.
    """

    route: Callable[[], Route] = lambda: "local"
    offload: Callable[[], OffloadStatus] = OffloadStatus
    broker: Callable[[], str | None] = lambda: None  # its trouble, or None
    broker_answers: Callable[[], bool] = lambda: False
    outbox: Callable[[], tuple[int, int]] | None = None  # messages that wait, and that were dropped; None: no broker
    cloud: Callable[[], str | None] = lambda: None
    stores: list[Callable[[], str | None]] = field(default_factory=list)  # the same of all that writes to the disk
    model: Callable[[], ModelHealth | None] = lambda: None  # of the model channel; None: it is off
    overview: Overview | None = None  # of the rooms of the home; None: there is none
    closed: dict[str, str] = field(default_factory=dict)  # by component: why it cannot be built

    def outbox_counts(self) -> tuple[int, int] | None:
        """Return how many messages to the broker wait, and how many were dropped; None while there is no outbox."""
        return self.outbox() if self.outbox else None

    def current_route(self) -> Route:
        """Return where a segment would be judged now."""
        return self.route()

    def broker_trouble(self) -> str | None:
        """Return why nothing is published, or None."""
        return self.closed.get("mqtt") or self.broker()

    def cloud_trouble(self) -> str | None:
        """Return why the cloud is not used, or None."""
        return self.closed.get("offload") or self.cloud()

    def cloud_status(self) -> OffloadStatus:
        """Return the status of the cloud, also while it is closed."""
        return replace(self.offload(), trouble=self.cloud_trouble())

    def model_health(self) -> ModelHealth | None:
        """Return the status of the model channel, or None while it is off."""
        return self.model()

    def disk(self) -> str | None:
        """Return why history or clips are not kept, or None."""
        closed = (self.closed.get(name) for name in ("history", "clips"))
        return next((trouble for trouble in (*closed, *(store() for store in self.stores)) if trouble), None)
