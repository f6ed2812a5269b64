"""All that a rule may look at, indexed by who uses what."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from edgeaudit.inventory import (
    Alias,
    Endpoint,
    Reference,
    StoredCertificate,
    TargetServer,
    VirtualHost,
)
from edgeaudit.x509.chain import Chain, analyse, leaf_index
from edgeaudit.x509.path import Trust, Verdict, verify

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import Direction, Environment, Inventory, Keystore, StoreName

# X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT and X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
_MISSING_ISSUER = {2, 20}
Subject = StoredCertificate | Alias | Reference | Endpoint


class Evidence:
    """An inventory to be judged at `now`, against `policy` and `trust`."""

    def __init__(self, inventory: Inventory, trust: Trust, policy: Policy, now: datetime) -> None:
        self.trust = trust
        self.policy = policy
        self.now = now
        self._environments = {env.where: env for env in inventory.environments}
        self._aliases = {
            alias.where: alias
            for env in inventory.environments
            for store in env.keystores
            for alias in store.aliases
        }
        self._named_by: dict[str, list[Endpoint]] = defaultdict(list)
        for env in inventory.environments:
            for endpoint in env.endpoints:
                self._note_names(endpoint)
        self._verdicts: dict[str, Verdict] = {}
        self._chains: dict[str, Chain] = {}

    # scopes: what there is to look at

    def stored_certificates(self) -> tuple[StoredCertificate, ...]:
        """Every certificate of every chain in every store."""
        return tuple(stored for alias in self._aliases.values() for stored in alias.chain)

    def key_aliases(self) -> tuple[Alias, ...]:
        """The aliases that an endpoint names as its own and that hold a certificate."""
        return tuple(a for a in self._aliases.values() if a.chain and self._named_by[a.where])

    def judged_chains(self) -> tuple[Alias, ...]:
        """The key aliases whose whole chain could be read, so that it can be verified."""
        return tuple(
            alias
            for alias in self.key_aliases()
            if alias.is_complete and all(cert.der is not None for cert in alias.certificates)
        )

    def tls_endpoints(self) -> tuple[Endpoint, ...]:
        """Virtual hosts and target servers with TLS on that need stores of their own.

        Not those on the vendor's free-trial certificate, which name no store.
        """
        return tuple(
            endpoint
            for env in self._environments.values()
            for endpoint in env.endpoints
            if _has_tls(endpoint) and not _is_free_trial(endpoint)
        )

    def tls_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts among them."""
        return tuple(host for host in self.tls_endpoints() if isinstance(host, VirtualHost))

    def references(self) -> tuple[Reference, ...]:
        """Every reference that could be read."""
        return tuple(ref for env in self._environments.values() for ref in env.references)

    def accountable_references(self) -> tuple[Reference, ...]:
        """The references in environments where everything that can name one could be read."""
        return tuple(
            reference
            for env in self._environments.values()
            if env.virtual_hosts.is_complete and env.target_servers.is_complete
            for reference in env.references
        )

    # lookups

    def environment(self, thing: Endpoint | Reference) -> Environment:
        """The environment in which it lives."""
        return self._environments[thing.environment]

    def keystore(self, endpoint: Endpoint) -> Keystore | None:
        """The keystore that an endpoint names, itself or by reference, where it is known."""
        return self._resolved(endpoint, endpoint.tls.keystore) if endpoint.tls else None

    def truststore(self, endpoint: Endpoint) -> Keystore | None:
        """The truststore that an endpoint names, itself or by reference, where it is known."""
        return self._resolved(endpoint, endpoint.tls.truststore) if endpoint.tls else None

    def key_alias(self, endpoint: Endpoint) -> Alias | None:
        """The alias that an endpoint names as its own, where it is known."""
        store = self.keystore(endpoint)
        return store.aliases.get(endpoint.tls.key_alias) if store and endpoint.tls else None

    def leaf(self, alias: Alias) -> StoredCertificate | None:
        """The certificate that speaks for an alias."""
        return alias.chain[leaf_index(alias.certificates)] if alias.chain else None

    def verdict(self, alias: Alias) -> Verdict:
        """What OpenSSL says of the alias's leaf, the rest of its chain being at hand.

        Of cross-signed issuers OpenSSL tries one only; where that way is a dead end, the others
        are tried too, as clients do that look for any path (RFC 4158, 2.4).
        """
        if alias.where not in self._verdicts:
            rest = list(alias.certificates)
            leaf = rest.pop(leaf_index(rest))
            verdicts = [verify(leaf, rest, self.trust, self.now)]
            while lacks_issuer(verdicts[-1]) and verdicts[-1].chain[-1] in rest:
                rest = [each for each in rest if each != verdicts[-1].chain[-1]]
                verdicts.append(verify(leaf, rest, self.trust, self.now))
            found = [each for each in verdicts if not lacks_issuer(each)]
            self._verdicts[alias.where] = (found or verdicts)[0]
        return self._verdicts[alias.where]

    def chain(self, alias: Alias) -> Chain:
        """What the alias's bundle looks like."""
        if alias.where not in self._chains:
            self._chains[alias.where] = analyse(alias.certificates)
        return self._chains[alias.where]

    def namers(self, subject: Subject) -> tuple[Endpoint, ...]:
        """The endpoints that name the subject, whether or not their settings are in force."""
        match subject:
            case StoredCertificate():
                alias = self._aliases[subject.alias]
                return (*self._named_by[alias.where], *self._named_by[alias.keystore])
            case Alias():
                return tuple(self._named_by[subject.where])
            case Reference():
                return tuple(self._named_by[subject.where])
        return ()

    def users(self, subject: Subject) -> tuple[Endpoint, ...]:
        """Those of the namers that have TLS on."""
        return tuple(filter(_has_tls, self.namers(subject)))

    def is_in_use(self, subject: Subject) -> bool:
        """Whether an active endpoint depends on the subject, or the subject is one."""
        if isinstance(subject, VirtualHost | TargetServer):
            return subject.is_active
        return any(user.is_active for user in self.users(subject))

    def direction(self, subject: Subject) -> Direction | None:
        """The side that it serves; northbound, the stricter one, where it serves both."""
        if isinstance(subject, VirtualHost | TargetServer):
            return subject.direction
        return min((user.direction for user in self.users(subject)), default=None)

    def only_anchors_backends(self, stored: StoredCertificate) -> bool:
        """Whether all that uses the certificate is southbound and has it as trust anchor."""
        return not self._named_by[stored.alias] and self.direction(stored) != "northbound"

    def _note_names(self, endpoint: Endpoint) -> None:
        # a key alias by its own place, a truststore as a whole, since every anchor in it counts
        alias, truststore = self.key_alias(endpoint), self.truststore(endpoint)
        references = self.environment(endpoint).references
        names = [endpoint.tls.keystore, endpoint.tls.truststore] if endpoint.tls else []
        used = [references.get(name.reference) for name in names if name is not None]
        for thing in {named.where: None for named in (alias, truststore, *used) if named}:
            self._named_by[thing].append(endpoint)

    def _resolved(self, endpoint: Endpoint, name: StoreName | None) -> Keystore | None:
        if name is None:
            return None
        env = self.environment(endpoint)
        reference = env.references.get(name.reference)
        return env.keystores.get(reference.refers if reference else name.literal)


def lacks_issuer(verdict: Verdict) -> bool:
    """Whether no path to a trusted root could be built, for want of an issuer."""
    return any(error.number in _MISSING_ISSUER for error in verdict.errors)


def _has_tls(endpoint: Endpoint) -> bool:
    return endpoint.tls is not None and endpoint.tls.enabled


def _is_free_trial(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, VirtualHost) and endpoint.uses_free_trial_certificate
