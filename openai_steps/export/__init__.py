"""Exports the steps of many runs into one file or, with a cluster, into many, and reads them back.

`export_runs` writes JSON Lines or Parquet, survives being killed and leaves out what it could not read;
`read_export` and `load_archive` read what it wrote. `openai_steps.export.cluster` does the same work on the machines
of a Dask cluster.
"""

from openai_steps.export._archive import load_archive, read_export
from openai_steps.export._export import ExportProgress, export_runs
from openai_steps.export._failures import ExportError, RunsFileError
from openai_steps.export._runs import read_run_refs, read_thread_ids
from openai_steps.export._tables import TableCounts, export_tables
from openai_steps.export._threads import ThreadsProgress, export_threads

__all__ = [
    "ExportError",
    "ExportProgress",
    "RunsFileError",
    "TableCounts",
    "ThreadsProgress",
    "export_runs",
    "export_tables",
    "export_threads",
    "load_archive",
    "read_export",
    "read_run_refs",
    "read_thread_ids",
]
