#include "platform/simulation/threads.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <vector>

namespace platform::simulation {
namespace {

struct Idle {
  std::mutex mutex;
  std::vector<Thread*> threads;
};

// Leaked: threads still use it while the program exits.
Idle& idle() {
  static auto* all = new Idle;
  return *all;
}

void futex(std::atomic<uint32_t>& word, int operation, uint32_t value) {
  ::syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), operation, value, nullptr, nullptr, 0);
}

}  // namespace

void Baton::give() {
  given_.store(1, std::memory_order_release);
  futex(given_, FUTEX_WAKE_PRIVATE, 1);
}

void Baton::take() {
  while (given_.exchange(0, std::memory_order_acquire) == 0) futex(given_, FUTEX_WAIT_PRIVATE, 0);
}

OnOneProcessor::OnOneProcessor() : processor_(::sched_getcpu()) {
  if (::sched_getaffinity(0, sizeof former_, &former_) != 0) processor_ = -1;
  if (processor_ < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(processor_), &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) processor_ = -1;
}

OnOneProcessor::~OnOneProcessor() {
  if (processor_ >= 0) ::sched_setaffinity(0, sizeof former_, &former_);
}

Thread& Thread::borrow(int processor) {
  Thread& thread = idle_or_new();
  if (processor < 0 || thread.processor_ == processor) return thread;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(processor), &one);
  ::pthread_setaffinity_np(thread.handle_, sizeof one, &one);
  thread.processor_ = processor;
  return thread;
}

Thread& Thread::idle_or_new() {
  {
    const std::lock_guard lock(idle().mutex);
    if (!idle().threads.empty()) {
      Thread* thread = idle().threads.back();
      idle().threads.pop_back();
      return *thread;
    }
  }
  auto* thread = new Thread;
  std::thread runner([thread] { thread->loop(); });
  thread->handle_ = runner.native_handle();
  runner.detach();
  return *thread;
}

void Thread::give_back() {
  const std::lock_guard lock(idle().mutex);
  idle().threads.push_back(this);
}

void Thread::loop() {
  for (;;) {
    baton_.take();
    // Moved out: the next job may be prepared while this one is in its last steps.
    const std::function<void()> job = std::move(job_);
    job();
  }
}

}  // namespace platform::simulation
