"""Errands that were done, or are worth nothing any more, may go."""

from __future__ import annotations

from sqlmodel import col

from crm_core.errands.queue import DEAD, DONE
from crm_core.errands.tables import Errand
from crm_core.kernel.pruning import Pruned, prunes

prunes(Pruned("errands", Errand, col(Errand.done_at), lambda before: (col(Errand.state).in_((DONE, DEAD)),)))
