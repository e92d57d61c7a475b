"""Shows results of a benchmark as a printed table, as pictures and as one page."""

from fusionnas.benchmarking.show.page import write_page

__all__ = ["write_page"]
