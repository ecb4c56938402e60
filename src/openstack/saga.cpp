#include "openstack/saga.hpp"

#include <fmt/core.h>

#include <mutex>
#include <set>

#include "openstack/programming_error.hpp"
#include "platform/log.hpp"

namespace openstack {
namespace {

constexpr int kUndoTries = 5;
constexpr base::Duration kFirstPause = std::chrono::milliseconds(100);
// A step that took longer is not to be done again, and tells that its worker is alive.
constexpr base::Duration kLongStep = std::chrono::seconds(1);

struct Registry {
  std::mutex mutex;
  std::set<std::string, std::less<>> names;
};
Registry& registry() {
  static Registry instance;
  return instance;
}

void check_registered(std::string_view saga) {
#ifndef NDEBUG
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  if (!known.names.contains(saga))
    refuse_table(fmt::format("saga {} is in no table that was given to register_sagas", saga));
#else
  static_cast<void>(saga);
#endif
}

// One operation on its way. A save is a durable write: it is made after a forward that has learnt
// what must be saved or took long, and after each undo. Whoever takes over runs the steps since
// then again.
class Run {
 public:
  Run(std::string_view saga, const std::vector<detail::ErasedStep>& steps, SagaProgress progress,
      SagaJournal& journal, platform::Runtime& runtime)
      : saga_(saga),
        steps_(steps),
        progress_(std::move(progress)),
        journal_(journal),
        runtime_(runtime) {}

  SagaProgress finish() {
    if (progress_.phase == SagaPhase::forward) go_forward();
    if (progress_.phase == SagaPhase::undoing) go_back();
    return std::move(progress_);
  }

 private:
  const detail::ErasedStep& current() const {
    return steps_.at(static_cast<size_t>(progress_.next_step));
  }
  platform::HopScope hop(std::string_view prefix) const {
    return {runtime_.tracer, runtime_.clock, "step",
            fmt::format("{}: {}{}", saga_, prefix, current().name)};
  }

  void go_forward() {
    const auto count = static_cast<int64_t>(steps_.size());
    // As text: what is compared after each step is cheaper to make than a copy of the JSON.
    std::string known = base::to_text(progress_.state);
    while (progress_.next_step < count) {
      const base::SteadyTime begin = runtime_.clock.steady();
      if (!step_forward()) return;
      const Learnt learnt = current().learnt;
      ++progress_.next_step;
      const bool took_long = runtime_.clock.steady() - begin > kLongStep;
      std::string state = base::to_text(progress_.state);
      const bool to_save = learnt == Learnt::saved && state != known;
      known = std::move(state);
      if (to_save || took_long) journal_.save(progress_);
    }
    progress_.phase = SagaPhase::succeeded;
  }

  // False: it failed, and what was done is to be undone.
  bool step_forward() {
    platform::HopScope scope = hop("");
    try {
      current().forward(progress_.state);
      return true;
    } catch (const base::Error& error) {
      scope.outcome(error.message());
      turn_back(error);
    } catch (const std::exception& error) {
      scope.outcome("failed");
      turn_back(
          base::Error(base::ErrorKind::internal, "An unexpected error occurred.", error.what()));
    }
    journal_.save(progress_);
    return false;
  }

  void turn_back(const base::Error& error) {
    platform::log_info("a step failed and is undone saga={} operation={} step={} error={}", saga_,
                       progress_.operation_id, current().name, error.what());
    progress_.phase = SagaPhase::undoing;
    progress_.error_kind = base::to_text(error.kind());
    progress_.error_message = error.message();
  }

  void go_back() {
    while (progress_.next_step >= 0) {
      if (current().undo) undo_with_patience();
      --progress_.next_step;
      if (progress_.next_step < 0) progress_.phase = SagaPhase::undone;
      journal_.save(progress_);
    }
    progress_.phase = SagaPhase::undone;
  }

  void undo_with_patience() {
    base::Duration pause = kFirstPause;
    for (int left = kUndoTries - 1; !undo(left == 0); --left) {
      runtime_.executor.sleep_for(pause);
      pause *= 2;
    }
  }

  // False: it failed and is to be tried again.
  bool undo(bool last_try) {
    platform::HopScope scope = hop("undo ");
    try {
      current().undo(progress_.state);
      return true;
    } catch (const std::exception& error) {
      platform::log_warning("an undo failed saga={} operation={} step={} error={}", saga_,
                            progress_.operation_id, current().name, error.what());
      scope.outcome("failed");
      if (last_try) throw;
      return false;
    }
  }

  std::string_view saga_;
  const std::vector<detail::ErasedStep>& steps_;
  SagaProgress progress_;
  SagaJournal& journal_;
  platform::Runtime& runtime_;
};

}  // namespace

void register_sagas(std::span<const std::string_view> names) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  for (const std::string_view name : names) known.names.emplace(name);
}

namespace detail {

SagaProgress run_erased(std::string_view saga, const std::vector<ErasedStep>& steps,
                        SagaProgress progress, SagaJournal& journal, platform::Runtime runtime) {
  check_registered(saga);
  progress = journal.begin(progress);
  if (progress.saga != saga || progress.next_step > static_cast<int64_t>(steps.size()))
    throw base::Error(base::ErrorKind::internal, "The operation can not be continued.",
                      fmt::format("operation {} of saga {} at step {} is no {}",
                                  progress.operation_id, progress.saga, progress.next_step, saga));
  return Run(saga, steps, std::move(progress), journal, runtime).finish();
}

}  // namespace detail

}  // namespace openstack
