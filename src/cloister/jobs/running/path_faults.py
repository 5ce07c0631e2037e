"""What is wrong with a path that is to be handed on: to other steps, stores, pages and terminals. Pure."""

import unicodedata

# S3's keys; names of Azure's blobs have as many characters
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html, read 2026-11).
_LONGEST_BYTES = 1024
# Control characters, halves of characters (what is no UTF-8 has them in Python), ends of lines and paragraphs.
_UNFIT = ("Cc", "Cs", "Zl", "Zp")


def fault_of_path(path: str) -> str:
    """Why nobody should have to bear the path; empty where it is fit."""
    if any(unicodedata.category(sign) in _UNFIT for sign in path):
        return "a name with control characters, or one that is no UTF-8"
    return f"a path of more than {_LONGEST_BYTES} bytes" if len(path.encode()) > _LONGEST_BYTES else ""
