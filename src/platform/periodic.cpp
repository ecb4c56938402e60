#include <atomic>

#include "platform/executor.hpp"
#include "platform/log.hpp"

namespace platform {

struct Periodic::State {
  std::string name;
  std::unique_ptr<Event> woken;  // work is wanted, or the end
  std::atomic<bool> stopping = false;
};

namespace {

void run_logging_errors(const std::string& name, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    log_error("periodic work failed and will be tried again task={} error={}", name, error.what());
  }
}

}  // namespace

Periodic::Periodic(Executor& executor, std::string name, base::Duration interval,
                   std::function<void()> work)
    : state_(std::make_shared<State>()) {
  state_->name = name;
  state_->woken = executor.make_event();
  task_ = executor.start(std::move(name),
                         [state = state_, &executor, interval, work = std::move(work)] {
                           while (!state->stopping) {
                             run_logging_errors(state->name, work);
                             state->woken->wait_until(executor.clock().steady() + interval);
                           }
                         });
}

Periodic::~Periodic() {
  state_->stopping = true;
  state_->woken->set();
  task_.reset();
}

void Periodic::wake() { state_->woken->set(); }

}  // namespace platform
