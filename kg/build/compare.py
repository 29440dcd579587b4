"""Ask two models the same questions, take both through the same pipeline, and report where they differ.

::

    builds/compare/<comparison>/a/, b/          the stages of each model, down to the graph of product types
    builds/compare/<comparison>/asked.json      what was asked live, added up over the runs
    builds/compare/<comparison>/comparison.json, differences.csv

Human decisions are left out: they would make the models alike.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar

from extractors.llm.asker import Asker
from extractors.llm.options import EMBEDDED, MAIN, ModelOptions
from extractors.llm.replies import Usage
from extractors.llm.session import Askers, FetchWeights, open_askers
from kg.build.beside import aside, missed, read_catalogue
from kg.build.builds import Builds
from kg.build.fixed_questions import FixedQuestions, judge
from kg.build.pipeline import run_stage
from kg.build.report import Quiet, Reporter, StageReport, prices_of
from kg.build.settings import Workspace
from kg.build.stages.base import Artefacts, Stage, records
from kg.build.stages.curate import CurateStage
from kg.build.stages.extract import ExtractStage
from kg.build.stages.graph import GraphStage
from kg.build.stages.link import LinkedStatement, LinkStage
from kg.curation.decisions import safe_cell
from kg.errors import ConfigError
from kg.evaluate.differences import Difference, differences, in_a_sentence
from kg.evaluate.models import Agreement, Asking, Figures, Run, agreement, figures
from kg.model import Edge, Failure, ProductType, Relation, StageCounts, Statement, Verdict
from kg.records import atomic_path, digest, from_json, to_json

__all__ = ["Comparison", "Wanted", "compare_models"]
