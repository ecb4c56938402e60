// Operations of several steps that survive any death: each step has a forward and an undo, progress
// is in the database, and whoever takes over goes on where it stood.
//
// Every step, forward and undo, may run more than once and must then be as done once: it looks at
// what is there before it acts. (So not every step is saved: what was quick and taught nothing new
// is simply run again by whoever takes over, from the first step if nothing is kept at all.) When a
// forward throws base::Error, the undos of that step and of all before it run in reverse. Steps are
// rows of a table; nothing else of the operation is kept.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "base/error.hpp"
#include "platform/runtime.hpp"

namespace openstack {

enum class SagaPhase { forward, undoing, succeeded, undone };

// What is kept of a saga in progress.
struct SagaProgress {
  std::string operation_id;
  std::string saga;       // name of its table
  int64_t next_step = 0;  // forward: the step to run; undoing: the step to undo next, then lower
  SagaPhase phase = SagaPhase::forward;
  base::Json state;           // the operation's own data, a described struct
  std::string error_kind;     // why it is being undone
  std::string error_message;  // for the user
};
BOOST_DESCRIBE_STRUCT(SagaProgress, (),
                      (operation_id, saga, next_step, phase, state, error_kind, error_message))

// Where progress is kept: a table of the service's database, or on a compute host the conductor.
class SagaJournal {
 public:
  virtual ~SagaJournal() = default;
  // Where the operation stands; `fresh` if nothing is kept of it.
  [[nodiscard]] virtual SagaProgress begin(const SagaProgress& fresh) = 0;
  // Durable when it returns.
  virtual void save(const SagaProgress& progress) = 0;
};

// What becomes of that which a step learnt.
enum class Learnt {
  saved,    // before the next step: nobody else could tell
  refound,  // not for its sake: the step, run again, finds the same, and its undo needs none of it
};

template <class State>
struct SagaStep {
  std::string_view name;  // "create disk": for the trace
  std::function<void(State&)> forward;
  std::function<void(State&)> undo;  // may be empty: nothing to undo
  Learnt learnt = Learnt::saved;
};

template <class State>
struct Saga {
  std::string_view name;  // "build_server"
  std::vector<SagaStep<State>> steps;
};

// Makes saga names known; a service calls it with its table of all its sagas (nova::all_sagas)
// before it runs one. In a debug build run_saga aborts for a name that is not known, and
// check_all_sagas (saga_checks.hpp) goes over such a table: so no saga runs that is not checked.
// Thread-safe, idempotent; the texts are static.
void register_sagas(std::span<const std::string_view> names);

namespace detail {
struct ErasedStep {
  std::string_view name;
  std::function<void(base::Json&)> forward;
  std::function<void(base::Json&)> undo;
  Learnt learnt = Learnt::saved;
};
SagaProgress run_erased(std::string_view saga, const std::vector<ErasedStep>& steps,
                        SagaProgress progress, SagaJournal& journal, platform::Runtime runtime);
// A step of State seen as one of JSON; an empty step stays empty.
template <class State>
std::function<void(base::Json&)> erase(const std::function<void(State&)>& step) {
  if (!step) return nullptr;
  return [step](base::Json& json) {
    State state = base::from_json<State>(json);
    // What a step learnt before it failed is what its undo needs.
    const auto keep = [&] { json = base::to_json(state); };
    try {
      step(state);
    } catch (const base::Error&) {
      keep();
      throw;
    }
    keep();
  };
}
template <class State>
std::vector<ErasedStep> erase(const Saga<State>& saga) {
  std::vector<ErasedStep> steps;
  for (const SagaStep<State>& step : saga.steps)
    steps.push_back({step.name, erase(step.forward), erase(step.undo), step.learnt});
  return steps;
}
}  // namespace detail

// Runs the operation to its end from where the journal says it stands (`initial` if it is unknown
// there). Returns the final progress: phase succeeded or undone; a success is not saved, since the
// caller's report of it ends the operation. An undo that throws is tried again
// a few times, then its error is thrown: the operation stays in the journal for the reaper. Each
// step is a hop of the trace. Killed processes leave the journal as it is.
template <class State>
SagaProgress run_saga(const Saga<State>& saga, const std::string& operation_id,
                      const State& initial, SagaJournal& journal, platform::Runtime runtime) {
  SagaProgress fresh{
      operation_id, std::string(saga.name), 0, SagaPhase::forward, base::to_json(initial), "", ""};
  return detail::run_erased(saga.name, detail::erase(saga), std::move(fresh), journal, runtime);
}

}  // namespace openstack
