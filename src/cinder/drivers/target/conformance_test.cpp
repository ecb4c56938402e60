// What every target promises (target.hpp), tried on tgt and on the fake.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "cinder/drivers/target/fake/fake_target.hpp"
#include "cinder/drivers/target/tgt/tgt_target.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

const std::string kExported = "11111111-1111-4111-8111-111111111111";
const std::string kAlsoExported = "22222222-2222-4222-8222-222222222222";

// What outlives a Target: it ends with the test.
class Place {
 public:
  virtual ~Place() = default;
  [[nodiscard]] virtual std::unique_ptr<Target> open() = 0;
  // All that was exported is lost.
  virtual void lose() = 0;
  // Whether this one gets in with that; nothing: the place can not tell.
  [[nodiscard]] virtual std::optional<bool> lets_in(const Export& wanted, const Grant& grant) = 0;
};

class FakePlace final : public Place {
 public:
  std::unique_ptr<Target> open() override { return make_fake_target(table_); }
  void lose() override {
    table_->exports.clear();
    ++table_->generation;
  }
  std::optional<bool> lets_in(const Export&, const Grant&) override { return std::nullopt; }

 private:
  std::shared_ptr<FakeTargetTable> table_ = std::make_shared<FakeTargetTable>();
};

class TgtPlace final : public Place {
 public:
  TgtPlace() {
    options_.directory = testing::TempDir() + "/tgt-" + std::to_string(::getpid());
    // Below the ports that the kernel gives to clients, and one per process.
    options_.portal = "127.0.0.1:" + std::to_string(13000 + ::getpid() % 9000);
  }
  ~TgtPlace() override {
    end_tgt_daemon(options_.directory);
    std::filesystem::remove_all(options_.directory);
  }
  std::unique_ptr<Target> open() override { return make_tgt_target(options_, runtime_); }
  void lose() override { end_tgt_daemon(options_.directory); }
  std::optional<bool> lets_in(const Export& wanted, const Grant& grant) override {
    const auto address = open()->address(wanted.volume_id);
    const auto result = platform::run_process(
        {"qemu-img", "info", "--object", "secret,id=s,data=" + grant.password, "--image-opts",
         "driver=iscsi,transport=tcp,portal=" + address.portal + ",target=" + address.iqn +
             ",lun=1,user=" + grant.username +
             ",password-secret=s,initiator-name=" + grant.initiator});
    return result.exit_code == 0;
  }

 private:
  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  TgtOptions options_;
};

bool is_installed(const std::vector<std::string>& command) {
  try {
    static_cast<void>(platform::run_process(command));
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

bool has_tgt() {
  return ::geteuid() == 0 && is_installed({"tgtadm", "--version"}) &&
         is_installed({"qemu-img", "--version"});
}

using PlaceFactory = std::function<std::unique_ptr<Place>()>;

class TargetConformance : public testing::TestWithParam<PlaceFactory> {
 protected:
  void SetUp() override {
    place_ = GetParam()();
    if (!place_) GTEST_SKIP() << "this machine can not run the target: tgt needs root";
    target_ = place_->open();
    file_ = testing::TempDir() + "/volume-" + std::to_string(::getpid());
    std::ofstream(file_).close();
    std::filesystem::resize_file(file_, 4 << 20);
  }
  void TearDown() override {
    if (!file_.empty()) std::filesystem::remove(file_);
  }

  [[nodiscard]] Export exported(const std::string& id, std::vector<Grant> grants) const {
    return {id, file_, false, std::move(grants)};
  }
  void expect_let_in(const Export& wanted, const Grant& grant, bool expected) {
    EXPECT_EQ(place_->lets_in(wanted, grant).value_or(expected), expected) << grant.username;
  }

  const Grant first_{"iqn.2010-10.org.test:one", "one", "secret-of-one-1"};
  const Grant second_{"iqn.2010-10.org.test:two", "two", "secret-of-two-2"};
  std::unique_ptr<Place> place_;
  std::unique_ptr<Target> target_;
  std::string file_;
};

TEST_P(TargetConformance, lets_in_who_was_granted_and_nobody_else) {
  const Export wanted = exported(kExported, {first_});
  target_->ensure(wanted);
  target_->ensure(wanted);

  EXPECT_EQ(target_->list(), std::vector{kExported});
  expect_let_in(wanted, first_, true);
  expect_let_in(wanted, second_, false);
  expect_let_in(wanted, {first_.initiator, first_.username, "another-secret"}, false);
  expect_let_in(wanted, {second_.initiator, first_.username, first_.password}, false);
}

TEST_P(TargetConformance, expels_who_is_granted_nothing_any_more) {
  target_->ensure(exported(kExported, {first_, second_}));
  const Export wanted = exported(kExported, {second_});
  target_->ensure(wanted);

  expect_let_in(wanted, first_, false);
  expect_let_in(wanted, second_, true);
}

TEST_P(TargetConformance, closes_and_opens_again) {
  const Export wanted = exported(kExported, {first_});
  target_->ensure(wanted);
  target_->ensure(exported(kAlsoExported, {second_}));
  target_->close(kExported);
  target_->close(kExported);
  EXPECT_EQ(target_->list(), std::vector{kAlsoExported});
  expect_let_in(wanted, first_, false);

  target_->ensure(wanted);
  expect_let_in(wanted, first_, true);
}

TEST_P(TargetConformance, outlives_its_object) {
  const Export wanted = exported(kExported, {first_});
  target_->ensure(wanted);
  const int64_t generation = target_->generation();
  target_ = place_->open();

  EXPECT_EQ(target_->generation(), generation);
  EXPECT_EQ(target_->list(), std::vector{kExported});
  target_->ensure(wanted);
  expect_let_in(wanted, first_, true);
}

TEST_P(TargetConformance, says_when_all_was_lost) {
  target_->ensure(exported(kExported, {first_}));
  const int64_t generation = target_->generation();
  EXPECT_NE(generation, 0);
  place_->lose();

  EXPECT_NE(target_->generation(), generation);
  EXPECT_EQ(target_->list(), std::vector<std::string>{});
  target_->ensure(exported(kExported, {first_}));
  expect_let_in(exported(kExported, {first_}), first_, true);
}

TEST_P(TargetConformance, rests_only_while_nothing_is_exported) {
  target_->ensure(exported(kExported, {first_}));
  target_->rest();
  expect_let_in(exported(kExported, {first_}), first_, true);
  target_->close(kExported);
  target_->rest();
  EXPECT_EQ(target_->list(), std::vector<std::string>{});

  target_->ensure(exported(kExported, {first_}));
  expect_let_in(exported(kExported, {first_}), first_, true);
}

TEST_P(TargetConformance, has_nothing_to_close_before_anything_was_opened) {
  target_->close(kExported);
  EXPECT_EQ(target_->list(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Fake, TargetConformance,
                         testing::Values([] { return std::make_unique<FakePlace>(); }));
INSTANTIATE_TEST_SUITE_P(Tgt, TargetConformance, testing::Values([]() -> std::unique_ptr<Place> {
                           if (!has_tgt()) return nullptr;
                           return std::make_unique<TgtPlace>();
                         }));

}  // namespace
}  // namespace cinder::drivers
