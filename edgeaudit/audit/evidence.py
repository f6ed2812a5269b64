"""All that a rule may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.audit.impact import Impact, has_tls, names_dynamically
from edgeaudit.inventory import VirtualHost
from edgeaudit.x509.chain import Chain, analyse, leaf_index
from edgeaudit.x509.path import Verdict, verify

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.audit.policy import Policy
    from edgeaudit.inventory import (
        Alias,
        Endpoint,
        Environment,
        Inventory,
        Keystore,
        Reference,
        StoredCertificate,
    )
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.trust import Trust

# X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT and X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
_MISSING_ISSUER = {2, 20}
FREE_TRIAL_KEYSTORE = "freetrial"


class Evidence:
    """An inventory to be judged at `now`, against `policy` and `trust`.

    `impact` tells who uses what; the methods that take nothing are the scopes of rules.
    """

    def __init__(self, inventory: Inventory, trust: Trust, policy: Policy, now: datetime) -> None:
        self.trust = trust
        self.policy = policy
        self.now = now
        self.impact = Impact(inventory)
        self._environments = inventory.environments
        # the same chain lies in many places, as a rule
        self._verdicts: dict[tuple[Certificate, ...], Verdict] = {}
        self._chains: dict[tuple[Certificate, ...], Chain] = {}

    # scopes: what there is to look at

    def stored_certificates(self) -> tuple[StoredCertificate, ...]:
        """Every certificate of every chain in every store."""
        return tuple(stored for alias in self.impact.aliases.values() for stored in alias.chain)

    def key_aliases(self) -> tuple[Alias, ...]:
        """The aliases that an endpoint names as its own and that hold a certificate."""
        aliases = self.impact.aliases.values()
        return tuple(each for each in aliases if each.chain and self.impact.is_key_alias(each))

    def judged_chains(self) -> tuple[Alias, ...]:
        """The key aliases whose whole chain could be read, so that it can be verified."""
        return tuple(
            alias
            for alias in self.key_aliases()
            if alias.is_complete and all(cert.der is not None for cert in alias.certificates)
        )

    def tls_endpoints(self) -> tuple[Endpoint, ...]:
        """Whatever has TLS on and needs stores of its own.

        Not virtual hosts on the vendor's free-trial certificate, which name no store.
        """
        return tuple(
            endpoint
            for env in self._environments
            for endpoint in env.endpoints
            if has_tls(endpoint) and not _is_free_trial(endpoint)
        )

    def tls_hosts(self) -> tuple[VirtualHost, ...]:
        """The virtual hosts among them."""
        return tuple(host for host in self.tls_endpoints() if isinstance(host, VirtualHost))

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

    # judgements that several rules stand on

    def leaf(self, alias: Alias) -> StoredCertificate | None:
        """The certificate that speaks for an alias; None where that could not be read."""
        if not alias.chain or alias.chain[0].index > 0:
            return None
        return alias.chain[leaf_index(alias.certificates)]

    def verdict(self, alias: Alias) -> Verdict:
        """What OpenSSL says of the alias's leaf, the rest of its chain being at hand.

        Of cross-signed issuers OpenSSL tries one only; where that way is a dead end, the others
        are tried too, as clients do that look for any path (RFC 4158, 2.4).
        """
        certificates = alias.certificates
        if certificates not in self._verdicts:
            rest = list(certificates)
            leaf = rest.pop(leaf_index(rest))
            verdicts = [verify(leaf, rest, self.trust, self.now)]
            while lacks_issuer(verdicts[-1]) and verdicts[-1].chain[-1] in rest:
                rest = [each for each in rest if each != verdicts[-1].chain[-1]]
                verdicts.append(verify(leaf, rest, self.trust, self.now))
            found = [each for each in verdicts if not lacks_issuer(each)]
            self._verdicts[certificates] = (found or verdicts)[0]
        return self._verdicts[certificates]

    def chain(self, alias: Alias) -> Chain:
        """What the alias's bundle looks like."""
        certificates = alias.certificates
        if certificates not in self._chains:
            self._chains[certificates] = analyse(certificates)
        return self._chains[certificates]

    def _accountable(self) -> tuple[Environment, ...]:
        return tuple(
            env
            for env in self._environments
            if env.virtual_hosts.is_complete
            and env.target_servers.is_complete
            and env.revisions.is_complete
            and not names_dynamically(env)
        )


def lacks_issuer(verdict: Verdict) -> bool:
    """Whether no path to a trusted root could be built, for want of an issuer."""
    return any(error.number in _MISSING_ISSUER for error in verdict.errors)


def _is_free_trial(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, VirtualHost) and endpoint.uses_free_trial_certificate
