#include "platform/database/sqlite_writer.hpp"

#include <pthread.h>

#include "platform/waiting.hpp"

namespace platform {

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteConnection> connection)
    : connection_(std::move(connection)), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "sqlite-writer");
}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

void SqliteWriter::run(const std::function<void(Session&)>& work) {
  Job job{work};
  std::unique_lock lock(mutex_);
  queue_.push_back(&job);
  if (queue_.size() == 1) queued_.notify_one();
  job.finished.wait(lock, [&] { return job.done; });
  if (job.error) std::rethrow_exception(job.error);
}

void SqliteWriter::loop() {
  Jobs jobs;
  std::unique_lock lock(mutex_);
  for (;;) {
    queued_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    jobs.swap(queue_);
    lock.unlock();
    commit(jobs);
    lock.lock();
    // Under the lock: a job lives on the stack of a caller that leaves as soon as it is done.
    for (Job* job : jobs) {
      job->done = true;
      job->finished.notify_one();
    }
    jobs.clear();
  }
}

void SqliteWriter::commit(const Jobs& jobs) {
  const TransactionScope scope;
  if (jobs.size() > 1 && commit_together(jobs)) return;
  for (Job* job : jobs) commit_alone(*job);
}

// False: nothing was written, and each must be tried in a transaction of its own. That happens when
// one job's fault shows only at the commit (a deferred foreign key) or ends the whole transaction.
bool SqliteWriter::commit_together(const Jobs& jobs) {
  try {
    connection_->run("BEGIN IMMEDIATE");
    for (Job* job : jobs)
      if (!run_in_savepoint(*job)) return false;
    connection_->run("COMMIT");
    return true;
  } catch (...) {
    connection_->roll_back();
    return false;
  }
}

bool SqliteWriter::run_in_savepoint(Job& job) {
  SqliteSession session(*connection_, SqliteConnection::Access::read_write);
  job.error = nullptr;
  connection_->run("SAVEPOINT job");
  try {
    job.work(session);
  } catch (...) {
    job.error = std::current_exception();
  }
  if (!connection_->in_transaction()) return false;
  if (job.error) connection_->run("ROLLBACK TO job");
  connection_->run("RELEASE job");
  return true;
}

void SqliteWriter::commit_alone(Job& job) {
  SqliteSession session(*connection_, SqliteConnection::Access::read_write);
  job.error = nullptr;
  try {
    connection_->run("BEGIN IMMEDIATE");
    job.work(session);
    connection_->run("COMMIT");
  } catch (...) {
    job.error = std::current_exception();
    connection_->roll_back();
  }
}

}  // namespace platform
