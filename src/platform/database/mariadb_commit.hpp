// Commits whose answer got lost are looked up, not guessed: each writes a mark in its own
// transaction, and a mark that is not there can be taken away from a commit that comes late.
#pragma once

#include "platform/database/mariadb_pool.hpp"

namespace platform {

// Makes the table of marks if it is not there.
void prepare_commit_marks(MariadbConnection& connection);

// Deletes what connections of long ago left. To be called once in a connection's life.
void forget_old_marks(MariadbConnection& connection);

// Commits the open transaction with the mark connection.next_commit(), in one round trip. A
// MariadbInterruption of the connection leaves open whether it is committed.
void commit_with_mark(MariadbConnection& connection);

// Whether the transaction that `mark` belongs to is committed. False: it is not, and never will be,
// even if the server still is at it. Throws base::Error(unavailable) if that cannot be found out
// until `deadline`.
[[nodiscard]] bool was_committed(MariadbPool& pool, const CommitMark& mark,
                                 MariadbPool::Deadline deadline);

}  // namespace platform
