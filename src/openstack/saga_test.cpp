#include "openstack/saga.hpp"

#include <gtest/gtest.h>

#include <set>

#include "openstack/saga_checks.hpp"

namespace openstack {
namespace {

struct State {
  std::string made;
};
BOOST_DESCRIBE_STRUCT(State, (), (made))

constexpr std::string_view kSagas[] = {"build", "leaky", "clumsy", "stubborn"};

struct Outside {
  std::set<std::string> things;
  int additions = 0;
  int undo_failures = 0;
};

platform::Runtime runtime() {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), "host"};
}

Saga<State> build(const std::shared_ptr<Outside>& outside) {
  return {"build",
          {{"disk", [outside](State& state) { outside->things.insert(state.made = "disk"); },
            [outside](State&) { outside->things.erase("disk"); }},
           {"note", [](State&) {}, nullptr},
           {"guest", [outside](State&) { outside->things.insert("guest"); },
            [outside](State&) {
              if (outside->undo_failures-- > 0)
                throw base::Error(base::ErrorKind::unavailable, "not now");
              outside->things.erase("guest");
            }}}};
}

SagaWorld world_of(const Saga<State>& saga, const std::shared_ptr<Outside>& outside) {
  return make_saga_world(
      saga, State{}, runtime(),
      [outside] {
        std::vector<std::string> left(outside->things.begin(), outside->things.end());
        for (int i = 1; i < outside->additions; ++i) left.push_back("one more");
        return left;
      },
      outside);
}

class MemoryJournal final : public SagaJournal {
 public:
  SagaProgress begin(const SagaProgress& fresh) override { return kept.value_or(fresh); }
  void save(const SagaProgress& progress) override {
    kept = progress;
    ++saves;
  }
  std::optional<SagaProgress> kept;
  int saves = 0;
};

class SagaTest : public testing::Test {
 protected:
  SagaTest() { register_sagas(kSagas); }
  std::shared_ptr<Outside> outside_ = std::make_shared<Outside>();
  MemoryJournal journal_;
};

TEST_F(SagaTest, saves_after_a_step_that_learnt_something) {
  const SagaProgress progress = run_saga(build(outside_), "op", State{}, journal_, runtime());

  EXPECT_EQ(progress.phase, SagaPhase::succeeded);
  EXPECT_EQ(journal_.saves, 1);
  EXPECT_EQ(journal_.kept->next_step, 1);
  EXPECT_EQ(base::text_or(journal_.kept->state, "made"), "disk");
}

TEST_F(SagaTest, saves_nothing_for_what_is_found_again) {
  Saga<State> saga = build(outside_);
  saga.steps[0].learnt = Learnt::refound;

  const SagaProgress progress = run_saga(saga, "op", State{}, journal_, runtime());

  EXPECT_EQ(base::text_or(progress.state, "made"), "disk");
  EXPECT_EQ(journal_.saves, 0);
}

TEST_F(SagaTest, undoes_in_reverse_and_keeps_the_reason) {
  Saga<State> saga = build(outside_);
  saga.steps[2].forward = [](State&) {
    throw base::Error(base::ErrorKind::conflict, "no room", "detail");
  };

  const SagaProgress progress = run_saga(saga, "op", State{}, journal_, runtime());

  EXPECT_EQ(progress.phase, SagaPhase::undone);
  EXPECT_EQ(progress.error_kind, "conflict");
  EXPECT_EQ(progress.error_message, "no room");
  EXPECT_TRUE(outside_->things.empty());
}

TEST_F(SagaTest, tries_an_undo_again) {
  Saga<State> saga = build(outside_);
  saga.steps[2].forward = [this](State&) {
    outside_->things.insert("guest");
    throw base::Error(base::ErrorKind::conflict, "no room");
  };
  outside_->undo_failures = 2;

  EXPECT_EQ(run_saga(saga, "op", State{}, journal_, runtime()).phase, SagaPhase::undone);
  EXPECT_TRUE(outside_->things.empty());
}

TEST_F(SagaTest, goes_on_where_the_journal_says) {
  journal_.kept =
      SagaProgress{"op", "build", 2, SagaPhase::forward, base::to_json(State{}), "", ""};

  EXPECT_EQ(run_saga(build(outside_), "op", State{}, journal_, runtime()).phase,
            SagaPhase::succeeded);
  EXPECT_EQ(outside_->things, std::set<std::string>{"guest"});
}

TEST_F(SagaTest, passes_the_checks_if_it_is_sound) {
  const SagaCheck check{"build", [] {
                          const auto outside = std::make_shared<Outside>();
                          return world_of(build(outside), outside);
                        }};

  EXPECT_EQ(check_saga(check), std::vector<std::string>{});
}

TEST_F(SagaTest, is_found_out_if_its_undo_leaves_something) {
  const SagaCheck check{"leaky", [] {
                          const auto outside = std::make_shared<Outside>();
                          Saga<State> saga = build(outside);
                          saga.name = "leaky";
                          saga.steps[0].undo = nullptr;
                          return world_of(saga, outside);
                        }};

  const auto wrong = check_saga(check);

  ASSERT_FALSE(wrong.empty());
  EXPECT_EQ(wrong.front(), "leaky: failure after \"disk\": leaves [disk]");
}

TEST_F(SagaTest, is_found_out_if_a_step_is_not_idempotent) {
  const SagaCheck check{"clumsy", [] {
                          const auto outside = std::make_shared<Outside>();
                          Saga<State> saga = build(outside);
                          saga.name = "clumsy";
                          saga.steps[1].forward = [outside](State&) { ++outside->additions; };
                          return world_of(saga, outside);
                        }};

  const auto wrong = check_saga(check);

  ASSERT_FALSE(wrong.empty());
  EXPECT_EQ(wrong.front(),
            "clumsy: each step twice: ends with [disk; guest; one more] instead of [disk; guest]");
}

TEST_F(SagaTest, is_found_out_if_it_has_no_check) {
  const std::string_view sagas[] = {"build"};

  EXPECT_EQ(check_all_sagas(sagas, {}), std::vector<std::string>{"build: has no check"});
}

#ifndef NDEBUG
TEST(SagaDeathTest, a_saga_that_is_in_no_table_does_not_run) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto outside = std::make_shared<Outside>();
  Saga<State> saga = build(outside);
  saga.name = "forgotten";
  MemoryJournal journal;
  EXPECT_DEATH(run_saga(saga, "op", State{}, journal, runtime()), "forgotten");
}
#endif

}  // namespace
}  // namespace openstack
