"""One tree of errors. A leaf exists only where some caller acts differently.

    IngestError
    |- UsageError            exit 2   a query, file or argument that does not parse
    |  `- QueryError                  with the position in the query
    |- SettingsError         exit 2   settings, rules, feeds list, overlay
    |- StoreError            exit 1
    |  |- StoreDownError     exit 5   unreachable, unreadable
    |  |  |- StoreAbsentError         nothing there yet
    |  |  |- StoreLockedError         another program holds the file
    |  |  |- StoreDamagedError        a damaged file
    |  |  |- StoreDeniedError         credentials refused, or a right is missing
    |  |  `- MigratingError           closed for a migration, or by one that was cut off
    |  |- StoreFullError     exit 5   disk full, read-only
    |  |- SchemaError        exit 1   another program's store
    |  |  |- NewerSchemaError         made by a newer program
    |  |  `- OlderSchemaError         to be migrated first
    |  `- ConflictError               a compare-and-set lost; re-read and try again
    |- BackupError           exit 1   a backup that cannot be written or restored
    |  |- HalfBackupError             cut off before its end
    |  |- DamagedBackupError          a file is missing or not what was written
    |  |- NewerBackupError            made by a newer program
    |  `- NotEmptyError               the store to restore into holds something
    |- ArchiveError          exit 1
    |- LeaseHeldError        exit 4
    |- FetchError                     a URL could not be fetched (a value in polling)
    |- ParseError                     a feed or page that is none
    `- WorkerError                    a worker died, hung or outgrew its memory

Every error reads: the thing, the reason, the way out. docs/operations/errors.md has an entry for
every code: what it means, what to do, how to see that it is over.
"""

from __future__ import annotations


class IngestError(Exception):
    """Root of everything that Summitwatch raises on purpose.

    Attributes:
        thing: what it is about (a URL, a file, a setting).
        reason: lower case, no full stop.
        way_out: what a person can do; may be empty.
    """

    exit_code = 1
    code = "SW-ERROR"

    def __init__(self, thing: str, reason: str, way_out: str = "") -> None:
        super().__init__(thing, reason, way_out)  # args rebuild it: errors cross processes
        self.thing, self.reason, self.way_out = thing, reason, way_out

    def __str__(self) -> str:
        """One line: `thing: reason (way out)`."""
        text = f"{self.thing}: {self.reason}" if self.thing else self.reason
        return f"{text} ({self.way_out})" if self.way_out else text


class UsageError(IngestError):
    """An argument, query or file that does not parse."""

    exit_code = 2
    code = "SW-USAGE"


class QueryError(UsageError):
    """A search query that does not parse.

    Attributes:
        position: 0-based, in code points of `query`.
        query: what was asked, "" where the error is not about a whole query.
    """

    code = "SW-QUERY"
    query = ""

    def __init__(self, thing: str, reason: str, way_out: str = "", position: int = 0) -> None:
        super().__init__(thing, reason, way_out)
        self.args = (thing, reason, way_out, position)
        self.position = position


class SettingsError(IngestError):
    """Settings, rules, feed list or overlay that cannot be used."""

    exit_code = 2
    code = "SW-SETTINGS"


class StoreError(IngestError):
    """The store failed."""

    code = "SW-STORE"


class StoreDownError(StoreError):
    """The store cannot be reached, opened or read."""

    exit_code = 5
    code = "SW-STORE-DOWN"


class StoreAbsentError(StoreDownError):
    """There is no store yet where one was named."""

    code = "SW-STORE-ABSENT"


class StoreLockedError(StoreDownError):
    """Another program holds the file."""

    code = "SW-STORE-LOCKED"


class StoreDamagedError(StoreDownError):
    """The file, or a document of it, is damaged."""

    code = "SW-STORE-DAMAGED"


class StoreDeniedError(StoreDownError):
    """The server refuses the credentials, or they lack a right."""

    code = "SW-STORE-DENIED"


class MigratingError(StoreDownError):
    """Writes are closed while a migration ends, or since one was cut off."""

    code = "SW-MIGRATING"


class StoreFullError(StoreError):
    """The store's disk is full or read-only."""

    exit_code = 5
    code = "SW-STORE-FULL"


class SchemaError(StoreError):
    """The store is another program's."""

    code = "SW-SCHEMA-FOREIGN"


class NewerSchemaError(SchemaError):
    """The store was made, or migrated, by a newer program."""

    code = "SW-SCHEMA-NEWER"


class OlderSchemaError(SchemaError):
    """The store must be migrated before this program can work on it."""

    code = "SW-SCHEMA-OLDER"


class ConflictError(StoreError):
    """A compare-and-set lost: somebody else wrote the record first."""

    code = "SW-CONFLICT"


class BackupError(IngestError):
    """A backup cannot be written, or is none."""

    code = "SW-BACKUP"


class HalfBackupError(BackupError):
    """A backup, or a restore, that was cut off before its end."""

    code = "SW-BACKUP-HALF"


class DamagedBackupError(BackupError):
    """A file of a backup is missing, or is not what was written."""

    code = "SW-BACKUP-DAMAGED"


class NewerBackupError(BackupError):
    """A backup made by a newer program."""

    code = "SW-BACKUP-NEWER"


class NotEmptyError(BackupError):
    """The store to restore into holds something."""

    code = "SW-RESTORE-NOT-EMPTY"


class ArchiveError(IngestError):
    """The archive of raw pages cannot be written or read."""

    code = "SW-ARCHIVE"


class LeaseHeldError(IngestError):
    """Another run is at work."""

    exit_code = 4
    code = "SW-LEASE"


class FetchError(IngestError):
    """A URL could not be fetched."""

    code = "SW-FETCH"


class ParseError(IngestError):
    """A document that is not what it should be."""

    code = "SW-PARSE"


class WorkerError(IngestError):
    """A worker process died, hung past its deadline or outgrew its memory."""

    code = "SW-WORKER"
