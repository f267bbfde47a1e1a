"""Steps, tool calls, runs and messages as Arrow tables, which polars, pandas, DuckDB and pyarrow take as they are.

    frame = polars.DataFrame(steps_table(steps))

The columns are those of the Parquet files that `openai_steps.export` writes. The tables need pyarrow, the extra
``parquet``; the columns need nothing.
"""

from openai_steps._public import publish
from openai_steps.tables._columns import CALL_COLUMNS, MESSAGE_COLUMNS, RUN_COLUMNS, STEP_COLUMNS, Column, ColumnType
from openai_steps.tables._tables import calls_table, messages_table, runs_table, steps_table

__all__ = [
    "CALL_COLUMNS",
    "MESSAGE_COLUMNS",
    "RUN_COLUMNS",
    "STEP_COLUMNS",
    "Column",
    "ColumnType",
    "calls_table",
    "messages_table",
    "runs_table",
    "steps_table",
]

publish(__name__, globals())
