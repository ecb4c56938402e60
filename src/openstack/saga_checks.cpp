#include "openstack/saga_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace openstack {
namespace {

using Steps = std::vector<detail::ErasedStep>;
using Texts = std::vector<std::string>;

// What kill -9 does, seen from inside; no std::exception, so that no step can take it for an error.
struct Crash {};

// Keeps progress in memory, and crashes where it is told to.
class CheckJournal final : public SagaJournal {
 public:
  SagaProgress begin(const SagaProgress& fresh) override { return kept_.value_or(fresh); }
  void save(const SagaProgress& progress) override {
    const bool crash = saves_++ == crash_at_;
    if (crash && before_save_) throw Crash{};
    kept_ = progress;
    if (crash) throw Crash{};
  }
  void crash_at(int save, bool before_save) {
    crash_at_ = save;
    before_save_ = before_save;
  }

 private:
  std::optional<SagaProgress> kept_;
  int saves_ = 0;
  int crash_at_ = -1;
  bool before_save_ = false;
};

[[noreturn]] void fail_on_purpose() {
  throw base::Error(base::ErrorKind::internal, "Fails on purpose.");
}

Steps doubled(Steps steps) {
  for (detail::ErasedStep& step : steps) {
    for (auto* action : {&step.forward, &step.undo})
      if (*action)
        *action = [once = *action](base::Json& state) {
          once(state);
          once(state);
        };
  }
  return steps;
}

Steps failing_before(Steps steps, size_t at) {
  steps[at].forward = [](base::Json&) { fail_on_purpose(); };
  return steps;
}
Steps failing_after(Steps steps, size_t at) {
  steps[at].forward = [once = steps[at].forward](base::Json& state) {
    once(state);
    fail_on_purpose();
  };
  return steps;
}

Steps crashing_after(Steps steps, size_t at) {
  steps[at].forward = [once = steps[at].forward](base::Json& state) {
    once(state);
    throw Crash{};
  };
  return steps;
}

// Runs over one saga and gathers what is wrong.
class Checker {
 public:
  explicit Checker(const SagaCheck& check) : check_(check) {}

  Texts run() {
    check_success();
    if (!wrong_.empty()) return wrong_;
    const size_t count = world().steps.size();
    check_repeated_forward();
    check_crashes(std::nullopt);
    for (size_t at = 0; at < count; ++at) {
      check_crash_after_step(at);
      check_failure(at);
    }
    check_crashes(count - 1);
    return wrong_;
  }

 private:
  SagaWorld world() const { return check_.make_world(); }

  SagaProgress run_in(const SagaWorld& world, const Steps& steps, SagaJournal& journal) const {
    SagaProgress fresh{
        "operation", std::string(world.saga), 0, SagaPhase::forward, world.initial, "", ""};
    return detail::run_erased(world.saga, steps, std::move(fresh), journal, world.runtime);
  }
  void complain(const std::string& what) {
    wrong_.push_back(fmt::format("{}: {}", check_.saga, what));
  }
  static Texts sorted_outcome(const SagaWorld& world) {
    Texts texts = world.outcome ? world.outcome() : world.leftovers();
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  void expect_success(const SagaWorld& world, const SagaProgress& progress,
                      const std::string& when) {
    if (progress.phase != SagaPhase::succeeded)
      return complain(when + ": does not succeed: " + progress.error_message);
    const Texts outcome = sorted_outcome(world);
    if (outcome != expected_)
      complain(fmt::format("{}: ends with [{}] instead of [{}]", when, base::join(outcome, "; "),
                           base::join(expected_, "; ")));
  }
  void expect_nothing_left(const SagaWorld& world, const SagaProgress& progress,
                           const std::string& when) {
    if (progress.phase != SagaPhase::undone) return complain(when + ": is not undone");
    if (!check_.undo_leaves_nothing) return;
    const Texts left = world.leftovers();
    if (!left.empty()) complain(fmt::format("{}: leaves [{}]", when, base::join(left, "; ")));
  }
  // An undo that fails, or an error on the way, is a finding and must not end the checks.
  template <class Work>
  void attempt(const std::string& when, const Work& work) {
    try {
      work();
    } catch (const std::exception& error) {
      complain(when + ": throws " + error.what());
    }
  }

  void check_success() {
    attempt("run", [&] {
      const SagaWorld w = world();
      if (w.saga != check_.saga || w.steps.empty())
        return complain("its world is of another saga or has no steps");
      CheckJournal journal;
      const SagaProgress progress = run_in(w, w.steps, journal);
      expected_ = sorted_outcome(w);
      expect_success(w, progress, "run");
    });
  }

  void check_repeated_forward() {
    attempt("each step twice", [&] {
      const SagaWorld w = world();
      CheckJournal journal;
      expect_success(w, run_in(w, doubled(w.steps), journal), "each step twice");
    });
  }

  void check_failure(size_t at) {
    using Failing = Steps (*)(Steps, size_t);
    for (const auto& [failing, when] :
         {std::pair<Failing, const char*>{failing_before, "before"}, {failing_after, "after"}}) {
      for (const bool twice : {false, true}) {
        const SagaWorld w = world();
        const std::string what = fmt::format("failure {} \"{}\"{}", when, w.steps[at].name,
                                             twice ? ", each undo twice" : "");
        attempt(what, [&] {
          CheckJournal journal;
          const Steps steps = failing(w.steps, at);
          expect_nothing_left(w, run_in(w, twice ? doubled(steps) : steps, journal), what);
        });
      }
    }
  }

  // Dies with the step done and nothing of it saved.
  void check_crash_after_step(size_t at) {
    const SagaWorld w = world();
    const std::string what = fmt::format("crash after \"{}\"", w.steps[at].name);
    attempt(what, [&] {
      CheckJournal journal;
      try {
        static_cast<void>(run_in(w, crashing_after(w.steps, at), journal));
      } catch (const Crash&) {
      }
      expect_success(w, run_in(w, w.steps, journal), what);
    });
  }

  // Crashes at each save of a run, of one that succeeds or of one that fails after step `failing`.
  void check_crashes(std::optional<size_t> failing) {
    for (const bool before_save : {true, false}) {
      for (int save = 0;; ++save)
        if (!check_crash(save, before_save, failing)) break;
    }
  }
  // False: the run ended before that save.
  bool check_crash(int save, bool before_save, std::optional<size_t> failing) {
    const SagaWorld w = world();
    const Steps steps = failing ? failing_after(w.steps, *failing) : w.steps;
    const std::string what =
        fmt::format("crash {} save {} of a run that {}", before_save ? "before" : "after", save,
                    failing ? "fails" : "succeeds");
    bool crashed = false;
    attempt(what, [&] {
      CheckJournal journal;
      journal.crash_at(save, before_save);
      try {
        static_cast<void>(run_in(w, steps, journal));
        return;
      } catch (const Crash&) {
        crashed = true;
      }
      const SagaProgress progress = run_in(w, steps, journal);
      failing ? expect_nothing_left(w, progress, what) : expect_success(w, progress, what);
    });
    return crashed;
  }

  const SagaCheck& check_;
  Texts expected_;
  Texts wrong_;
};

}  // namespace

std::vector<std::string> check_saga(const SagaCheck& check) { return Checker(check).run(); }

std::vector<std::string> check_all_sagas(std::span<const std::string_view> sagas,
                                         std::span<const SagaCheck> checks) {
  Texts wrong;
  for (const std::string_view saga : sagas) {
    const auto check = std::find_if(checks.begin(), checks.end(),
                                    [saga](const SagaCheck& row) { return row.saga == saga; });
    if (check == checks.end()) {
      wrong.push_back(fmt::format("{}: has no check", saga));
      continue;
    }
    const Texts found = check_saga(*check);
    wrong.insert(wrong.end(), found.begin(), found.end());
  }
  for (const SagaCheck& check : checks)
    if (std::find(sagas.begin(), sagas.end(), check.saga) == sagas.end())
      wrong.push_back(fmt::format("{}: is checked but in no table of sagas", check.saga));
  return wrong;
}

}  // namespace openstack
