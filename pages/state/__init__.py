"""What this visitor is working on: one draft experiment, one data set, one run. All of it stands in the address.

The draft is one frozen ``ExperimentConfig`` (drafts.py); widgets are views of it (changes.py). The frame reads the address
once a visit and writes it after every change (links.py, address.py). What pages share of a visit is its ``Memory``
(memories.py); what one page keeps for itself is a dataclass beside its page, reached by ``of`` (visit.py).
"""

from pages.state.address import follow_address, went_back, write_address
from pages.state.changes import started, take_changes, view
from pages.state.drafts import DEFAULT_PRESET, experiment_of
from pages.state.links import MAX_PARAMETERS, SELECTIONS, link, read_link
from pages.state.memories import Memory, Sentence
from pages.state.visit import OWNER_COOKIE, as_token, draft, memory, of, owner, person, redraw

__all__ = [
    "DEFAULT_PRESET",
    "MAX_PARAMETERS",
    "OWNER_COOKIE",
    "SELECTIONS",
    "Memory",
    "Sentence",
    "as_token",
    "draft",
    "experiment_of",
    "follow_address",
    "link",
    "memory",
    "of",
    "owner",
    "person",
    "read_link",
    "redraw",
    "started",
    "take_changes",
    "view",
    "went_back",
    "write_address",
]
