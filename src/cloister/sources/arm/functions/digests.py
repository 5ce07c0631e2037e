"""`uniqueString` and `guid` as Azure computes them.

uniqueString joins its arguments with dashes, takes a 64-bit MurmurHash3 of the variant that Azure's deployment engine
uses, and writes its upper bits first as 13 letters of base 32. guid is a UUID of version 5 in a namespace of Azure's.
Azure documents neither. Sources, read 2026-11-25: https://stackoverflow.com/questions/43295720 (the engine is published
as the NuGet package Azure.Deployments.Expression), the answers of which the tests hold against this; for guid,
https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#guid and published templates.
"""

from uuid import UUID, uuid5

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_LENGTH = 13
_NAMESPACE = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_WORD = 0xFFFFFFFF
_DOUBLE = 0xFFFFFFFFFFFFFFFF
_ONE, _OTHER = 0x239B961B, 0xAB0E9789


def unique_string(*texts: str) -> str:
    """13 letters and digits, the same for the same texts."""
    rest, found = _hash("-".join(texts).encode()), ""
    for _ in range(_LENGTH):
        found += _LETTERS[rest >> 59]
        rest = rest << 5 & _DOUBLE
    return found


def guid(*texts: str) -> str:
    """A UUID, the same for the same texts."""
    return str(uuid5(_NAMESPACE, "-".join(texts)))


def _hash(octets: bytes) -> int:
    low = high = 0
    whole = len(octets) // 8 * 8
    for start in range(0, whole, 8):
        low ^= _stir(octets[start : start + 4], _ONE, 15, _OTHER)
        low = ((_turn(low, 19) + high) * 5 + 0x561CCD1B) & _WORD
        high ^= _stir(octets[start + 4 : start + 8], _OTHER, 17, _ONE)
        high = ((_turn(high, 13) + low) * 5 + 0x0BCAA747) & _WORD
    low ^= _stir(octets[whole : whole + 4], _ONE, 15, _OTHER)
    high ^= _stir(octets[whole + 4 :], _OTHER, 17, _ONE)
    low, high = _add(low ^ len(octets), high ^ len(octets))
    low, high = _add(_finish(low), _finish(high))
    return high << 32 | low


def _stir(octets: bytes, first: int, turns: int, second: int) -> int:
    return _turn(int.from_bytes(octets, "little") * first & _WORD, turns) * second & _WORD


def _turn(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD


def _add(low: int, high: int) -> tuple[int, int]:
    low = low + high & _WORD
    return low, high + low & _WORD


def _finish(word: int) -> int:
    word = (word ^ word >> 16) * 0x85EBCA6B & _WORD
    word = (word ^ word >> 13) * 0xC2B2AE35 & _WORD
    return word ^ word >> 16
