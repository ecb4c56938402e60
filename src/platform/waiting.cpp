#include "platform/waiting.hpp"

#include <cstdlib>

#include "platform/log.hpp"

namespace platform {
namespace {

thread_local int open_transactions = 0;

}  // namespace

TransactionScope::TransactionScope() { ++open_transactions; }
TransactionScope::~TransactionScope() { --open_transactions; }

void assert_may_wait(const char* what) {
  if (open_transactions == 0) return;
  log_error("a database transaction is open across a wait, which is a bug call={}", what);
  flush_log();
  std::abort();
}

}  // namespace platform
