"""What an inventory has for rules to look at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.audit.endpoints import calls_over_tls, has_tls, knows_all_namers
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.message_processor import message_processors
from edgeaudit.audit.offer import offer
from edgeaudit.audit.routers import Routers
from edgeaudit.inventory import ProxyTarget, TargetServer, VirtualHost
from edgeaudit.x509.chain import leaf_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.audit.offer import Offer
    from edgeaudit.host import Host
    from edgeaudit.inventory import (
        Alias,
        Direction,
        Endpoint,
        Environment,
        Inventory,
        Keystore,
        Reference,
        StoredCertificate,
    )

FREE_TRIAL_KEYSTORE = "freetrial"


class Subjects:
    """The things in an inventory; the methods that take nothing are the scopes of rules.

    `told` is what the configuration adds to what was read, `java` the Message Processors' major
    version of Java, None where it is not known; `message_processors` are those whose files were
    read, or one that stands for all, `routers` what those serve. `impact` tells who uses what.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.is_public_cloud = inventory.is_public_cloud
        self.impact = Impact(inventory)
        self._hosts = inventory.hosts
        self.routers = Routers(inventory.hosts)
        self._environments = inventory.environments
        self.told = inventory.told
        self.java = inventory.java
        self.message_processors = message_processors(inventory.hosts, self.told, self.java)
        self.edge_version = inventory.told.edge_version
        self._offers: dict[str, tuple[Offer, ...]] = {}
        self._leaves: dict[str, StoredCertificate | None] = {}

    def stored_certificates(self) -> tuple[StoredCertificate, ...]:
        """Every certificate of every chain in every store."""
        return tuple(stored for alias in self.impact.aliases.values() for stored in alias.chain)

    def key_aliases(self) -> tuple[Alias, ...]:
        """The aliases that an endpoint names as its own and that hold a certificate."""
        aliases = self.impact.aliases.values()
        return tuple(each for each in aliases if each.chain and self.impact.is_key_alias(each))

    def judged_chains(self) -> tuple[Alias, ...]:
        """The key aliases whose whole chain could be read, so that it can be verified."""
        return tuple(each for each in self.key_aliases() if each.can_be_verified)

    def northbound_chains(self) -> tuple[Alias, ...]:
        """Those of them that clients are shown."""
        chains = self.judged_chains()
        return tuple(each for each in chains if self.impact.direction(each) == "northbound")

    def tls_endpoints(self) -> tuple[Endpoint, ...]:
        """Whatever has TLS on and needs stores of its own.

        Not virtual hosts on the vendor's free-trial certificate, which name no store.
        """
        return self._tls_endpoints

    def tls_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts among them."""
        return tuple(host for host in self.tls_endpoints() if isinstance(host, VirtualHost))

    def free_trial_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts that show the vendor's free-trial certificate."""
        hosts = (host for env in self._environments for host in env.virtual_hosts)
        return tuple(host for host in hosts if has_tls(host) and host.uses_free_trial_certificate)

    def targets(self) -> tuple[TargetServer | ProxyTarget, ...]:
        """Whatever calls a backend itself, with or without TLS.

        Not load balancers, nor policies that name a store and call nothing.
        """
        return tuple(
            each
            for each in self._endpoints
            if isinstance(each, TargetServer)
            or (isinstance(each, ProxyTarget) and each.url and not each.servers)
        )

    def tls_targets(self) -> tuple[TargetServer | ProxyTarget, ...]:
        """Those that do so over TLS, be it only because their URL is an https one."""
        return tuple(filter(calls_over_tls, self.targets()))

    def tls_peers(self) -> tuple[Endpoint, ...]:
        """Whatever does TLS itself: the virtual hosts and targets."""
        return (*self.tls_hosts(), *self.tls_targets())

    def load_balancers(self) -> tuple[ProxyTarget, ...]:
        """The targets of deployed revisions that leave the call to target servers."""
        revisions = (revision for env in self._environments for revision in env.revisions)
        return tuple(each for rev in revisions for each in rev.targets if each.servers)

    def protocol_settings(self) -> tuple[Endpoint, ...]:
        """The TLS endpoints whose effective settings name protocol versions."""
        return self._offering(lambda offer: bool(offer.protocols))

    def cipher_settings(self) -> tuple[Endpoint, ...]:
        """The TLS endpoints whose effective settings name cipher suites."""
        return self._offering(lambda offer: bool(offer.ciphers))

    def handshake_settings(self) -> tuple[Endpoint, ...]:
        """The TLS endpoints whose effective settings name either, or what is disabled."""
        return self._offering(
            lambda offer: bool(offer.protocols or offer.ciphers or offer.disabled)
        )

    def references(self) -> tuple[Reference, ...]:
        """Every reference that could be read."""
        return tuple(reference for env in self._environments for reference in env.references)

    def accountable_references(self) -> tuple[Reference, ...]:
        """The references in environments where everything that can name one is known."""
        return tuple(reference for env in self._accountable() for reference in env.references)

    def accountable_keystores(self) -> tuple[Keystore, ...]:
        """The stores in environments where everything that can name one is known.

        Not the vendor's own of trial organizations, which its virtual hosts use unnamed.
        """
        return tuple(
            store
            for env in self._accountable()
            if env.references.is_complete
            for store in env.keystores
            if store.name != FREE_TRIAL_KEYSTORE
        )

    def keystores(self) -> tuple[Keystore, ...]:
        """Every keystore and truststore that could be read."""
        return tuple(store for env in self._environments for store in env.keystores)

    def truststores(self) -> tuple[Keystore, ...]:
        """The stores that something checks the other side's certificates against."""
        return tuple(filter(self.impact.checkers, self.keystores()))

    def backend_truststores(self) -> tuple[Keystore, ...]:
        """Those of them that Message Processors check backends against."""
        return tuple(store for store in self.truststores() if "southbound" in self._sides(store))

    def client_truststores(self) -> tuple[Keystore, ...]:
        """Those of them that the Router checks client certificates against."""
        return tuple(store for store in self.truststores() if "northbound" in self._sides(store))

    def trust_anchors(self) -> tuple[StoredCertificate, ...]:
        """The certificates that are there to be trusted, since they have no key to be shown with.

        Where Edge does not tell of keys, those in stores that something checks against.
        """
        return tuple(
            stored
            for store in self.keystores()
            for alias in store.aliases
            if alias.has_key is False or (alias.has_key is None and self.impact.checkers(store))
            if not self.impact.is_key_alias(alias)
            for stored in alias.chain
        )

    def private_aliases(self) -> tuple[Alias, ...]:
        """The aliases that hold a private key for certain, but the vendor's own."""
        return tuple(
            alias
            for store in self.keystores()
            if store.name != FREE_TRIAL_KEYSTORE
            for alias in store.aliases
            if alias.has_key and alias.chain
        )

    def hosts(self) -> tuple[Host, ...]:
        """The Routers and Message Processors whose files were read."""
        return self._hosts

    def routed_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts with TLS that are in the files of a Router."""
        return tuple(host for host in self.tls_hosts() if self.routers.servers(host))

    # what belongs to one of them

    def offers(self, endpoint: Endpoint) -> tuple[Offer, ...]:
        """What a handshake can be made of: by the files of each Router that speaks of a virtual
        host, or of each Message Processor, or else by what the endpoint says of itself."""
        if endpoint.where not in self._offers:
            self._offers[endpoint.where] = self._offers_of(endpoint)
        return self._offers[endpoint.where]

    def _offers_of(self, endpoint: Endpoint) -> tuple[Offer, ...]:
        if isinstance(endpoint, VirtualHost):
            return self.routers.offers(endpoint) or (self.offer(endpoint),)
        return tuple(each.offer(endpoint) for each in self.message_processors)

    def offer(self, endpoint: Endpoint) -> Offer:
        """What the endpoint's effective settings let a handshake be made of."""
        return offer(endpoint, self.java)

    def leaf(self, alias: Alias) -> StoredCertificate | None:
        """The certificate that speaks for an alias; None where that could not be read.

        Where not all of its chain could be read, a CA in the place of the leaf may not be it.
        """
        if alias.where not in self._leaves:
            self._leaves[alias.where] = _leaf(alias)
        return self._leaves[alias.where]

    def _offering(self, is_wanted: Callable[[Offer], bool]) -> tuple[Endpoint, ...]:
        return tuple(
            each for each in self.tls_endpoints() if any(map(is_wanted, self.offers(each)))
        )

    @cached_property
    def _endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(each for env in self._environments for each in env.endpoints)

    @cached_property
    def _tls_endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(each for each in self._endpoints if has_tls(each) and not _is_free_trial(each))

    def _sides(self, store: Keystore) -> set[Direction]:
        return {user.direction for user in self.impact.checkers(store)}

    def _accountable(self) -> tuple[Environment, ...]:
        return tuple(filter(knows_all_namers, self._environments))


def _leaf(alias: Alias) -> StoredCertificate | None:
    if not alias.chain or alias.chain[0].index > 0:
        return None
    is_alone = len(alias.chain) == 1  # as most are
    leaf = alias.chain[0 if is_alone else leaf_index(alias.certificates)]
    return leaf if alias.is_complete or not leaf.certificate.is_ca else None


def _is_free_trial(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, VirtualHost) and endpoint.uses_free_trial_certificate
