// Guards the rule that nothing is waited for inside a transaction (design section 4).
#pragma once

namespace platform {

// Alive while this thread is inside a database transaction.
class TransactionScope {
 public:
  TransactionScope();
  ~TransactionScope();
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;
};

// Aborts the program with a message if this thread is inside a transaction. Called by everything
// that reaches another role, process or machine. `what` names the call.
void assert_may_wait(const char* what);

}  // namespace platform
