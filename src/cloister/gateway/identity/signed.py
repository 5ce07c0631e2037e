"""JSON Web Tokens of other issuers (RFC 7519, RFC 8725): what their header may say, and whether the signature holds.

The algorithm comes from a fixed list and must fit the key that the issuer published; a key that comes with the token is
never used. Pure: keys come in as values.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from cloister.errors import Fault
from cloister.gateway.faults import UnauthenticatedError

# Algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864), and the key that it needs. Asymmetric only: with HS256 whoever
# can check a token can make one, and a public key would do as the secret.
_KEY_OF: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "P-256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
# The `typ` of tokens that say who somebody is (RFC 7519 section 5.1, RFC 9068 section 2.1). Logout tokens, for one,
# come from the same issuer with the same keys.
_TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
_LONGEST: Final = 16_384
_SMALLEST_RSA_BITS: Final = 2048
_LONGEST_SHOWN: Final = 200


class _Registry(JWSRegistry):
    """The library's rules for headers, with our list of algorithms; issuers send longer headers than it takes."""

    max_header_length = 8192

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - the library's own type is not public
        # The library warns of the old name of Ed25519, which issuers still use.
        return self.algorithms[name]


_REGISTRY: Final = _Registry(algorithms=list(_KEY_OF), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Head:
    """What a token says of its own signature: the algorithm, and the key's id where it names one."""

    algorithm: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of an issuer that can check a signature."""

    keys: tuple[Key, ...]

    def find(self, head: Head) -> Key | None:
        """The one key that can have made such a signature; None where there is none, or several could be meant."""
        found = [key for key in self.keys if _fits(key, head)]
        return found[0] if len(found) == 1 else None


def read_key_set(document: Mapping[str, object]) -> KeySet:
    """The usable keys of a JWK Set (RFC 7517): public, for signatures, of a kind and size that we know.

    Others are left out, as the RFC says, so that an issuer may publish more than we use. Raises ValueError where it is
    no key set.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        message = "has no list of keys"
        raise ValueError(message)  # noqa: TRY004 - the document is wrong, not a type of ours
    return KeySet(tuple(key for item in listed if (key := _read_key(item)) is not None))


def claimed_issuer(token: str) -> str | None:
    """Who issued the token, as it says itself, unproved; None where it is no token that says so."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST:  # noqa: PLR2004 - header, payload, signature
        return None
    claims = _object(parts[1])
    issuer = claims.get("iss") if claims is not None else None
    return issuer if isinstance(issuer, str) else None


def read_head(token: str) -> Head:
    """The header of a token that may be checked at all. Raises UnauthenticatedError."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST:  # noqa: PLR2004 - header, payload, signature
        raise not_taken(reason="is not a signed JSON Web Token")
    header = _object(parts[0])
    if header is None:
        raise not_taken(reason="has a header that cannot be read")
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
    if not isinstance(algorithm, str) or algorithm not in _KEY_OF:
        raise not_taken(reason=f'is signed with "{shown(algorithm)}", which is none of {", ".join(_KEY_OF)}')
    if "crit" in header or header.get("b64") is False:
        raise not_taken(reason="demands extensions that are not known here")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise not_taken(reason=f'is of the type "{shown(kind)}", which says nobody\'s identity')
    if key_id is not None and not isinstance(key_id, str):
        raise not_taken(reason="names its key by something other than a text")
    return Head(algorithm, key_id)


def signed_claims(token: str, key: Key) -> Mapping[str, object]:
    """The claims of a token whose signature is that of the key. Raises UnauthenticatedError."""
    try:
        payload = jws.deserialize_compact(token, key, registry=_REGISTRY).payload or b""
    except (JoseError, ValueError) as error:
        raise not_taken(reason="has a signature that is not its issuer's") from error
    claims = _parsed(payload)
    if claims is None:
        raise not_taken(reason="holds no claims that have one reading")
    return claims


def not_taken(*, reason: str) -> UnauthenticatedError:
    """The error of a token that is refused."""
    return UnauthenticatedError(Fault("token", reason, "get a new one from its issuer, made for this platform"))


def shown(value: object) -> str:
    """Something out of a token, short and printable enough for an error."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value)[:_LONGEST_SHOWN])


def _fits(key: Key, head: Head) -> bool:
    named = head.key_id is None or key.kid == head.key_id
    return named and _kind_of(key) == _KEY_OF[head.algorithm] and key.alg in (None, head.algorithm)


def _kind_of(key: Key) -> str:
    return key.curve_name if isinstance(key, ECKey | OKPKey) else key.key_type


def _read_key(item: object) -> Key | None:
    if not isinstance(item, dict) or "d" in item or item.get("use", "sig") != "sig":
        return None
    kinds: dict[object, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = kinds.get(item.get("kty"))
    try:
        if kind is None or "verify" not in item.get("key_ops", ["verify"]) or _is_short(item):
            return None
        key = kind.import_key(item)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if _kind_of(key) in _KEY_OF.values() else None


def _is_short(item: Mapping[str, str]) -> bool:
    """Whether it is an RSA key that is no longer safe; looked at first, since the library warns of such keys."""
    return item["kty"] == "RSA" and 8 * len(urlsafe_b64decode(item["n"].encode())) < _SMALLEST_RSA_BITS


def _object(part: str) -> Mapping[str, object] | None:
    try:
        return _parsed(urlsafe_b64decode(part.encode("ascii")))
    except ValueError:
        return None


def _parsed(text: bytes) -> Mapping[str, object] | None:
    """A JSON object with each key once, or None."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found
