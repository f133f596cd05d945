"""Every published table, by the name of the network in the zoo that it is of."""

from brickwork.papers.printed import PublishedTable
from brickwork.papers.tables import early, inception, lecture, libraries, residual

SOURCES = (early, inception, residual, libraries, lecture)  # papers first
TABLES: dict[str, tuple[PublishedTable, ...]] = {
    name: tuple(table for source in SOURCES for table in source.TABLES.get(name, ()))
    for name in dict.fromkeys(name for source in SOURCES for name in source.TABLES)
}
