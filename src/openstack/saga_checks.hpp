// The four checks that every saga must pass (design section 4), over a world in which it runs:
//   1. it succeeds;
//   2. a failure at each step unwinds all: nothing is left over;
//   3. each step, forward and undo, done twice is as done once;
//   4. a crash after each step, before or after its progress is saved, is recovered.
// Support for tests; used as
//   EXPECT_EQ(check_all_sagas(nova::all_sagas(), kChecks), std::vector<std::string>{});
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/saga.hpp"

namespace openstack {

// One saga, ready to run once, in surroundings that are made for it alone (fakes that remember what
// was done to them).
struct SagaWorld {
  std::string_view saga;
  std::vector<detail::ErasedStep> steps;
  base::Json initial;
  platform::Runtime runtime;
  // What exists of all that the saga makes, one text each ("port 1", "disk of server s"): must be
  // empty when it was undone.
  std::function<std::vector<std::string>()> leftovers;
  // What is to be the same however often steps were repeated: a description of all that exists
  // after a success. Absent: `leftovers`.
  std::function<std::vector<std::string>()> outcome = nullptr;
  // What the functions above refer to.
  std::shared_ptr<void> keep = nullptr;
};

template <class State>
SagaWorld make_saga_world(const Saga<State>& saga, const State& initial, platform::Runtime runtime,
                          std::function<std::vector<std::string>()> leftovers,
                          std::shared_ptr<void> keep) {
  return {saga.name,          detail::erase(saga),  base::to_json(initial),
          std::move(runtime), std::move(leftovers), nullptr,
          std::move(keep)};
}

// A saga and how to make a new world for it. The undo of a saga that only takes away (a delete) has
// nothing to bring back: then a failed step is to be tried again by its caller, and
// `undo_leaves_nothing` is false, which leaves check 2's leftovers out.
struct SagaCheck {
  std::string_view saga;
  std::function<SagaWorld()> make_world;
  bool undo_leaves_nothing = true;
};

// Runs the four checks; one text per thing that is wrong.
[[nodiscard]] std::vector<std::string> check_saga(const SagaCheck& check);
// The same for every saga of a service's table; a saga without a check, or a check without a saga,
// is wrong too.
[[nodiscard]] std::vector<std::string> check_all_sagas(std::span<const std::string_view> sagas,
                                                       std::span<const SagaCheck> checks);

}  // namespace openstack
