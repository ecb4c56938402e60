// Against a real Ceph: NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF (scripts/ceph.sh).
#include "platform/rbd/pool.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "platform/random.hpp"
#include "platform/rbd/families.hpp"

namespace platform::rbd {
namespace {

using base::ErrorKind;

constexpr uint64_t kMebibyte = 1 << 20;

std::string configuration_of_test() {
  const char* const path = ::getenv("NEPHELE_TEST_CEPH");
  return path ? path : "";
}

ErrorKind kind_of_failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "it did not fail";
  return ErrorKind::internal;
}

std::string text_of(const Image& image, size_t bytes) {
  std::string text(bytes, '?');
  text.resize(image.read(0, text.data(), bytes));
  return text;
}

class RbdPool : public testing::Test {
 protected:
  void SetUp() override {
    if (configuration_of_test().empty()) GTEST_SKIP() << "NEPHELE_TEST_CEPH is not set";
    pool_.emplace(PoolOptions{.configuration = configuration_of_test()});
    families_.emplace(*pool_);
    prefix_ = system_random().uuid();
  }
  void TearDown() override {
    if (!pool_) return;
    for (int generation = 0; generation < 4; ++generation)  // clones first
      for (const std::string& name : own_names()) families_->dispose(name);
    EXPECT_TRUE(own_names().empty());
  }
  std::string name(const std::string& text) const { return prefix_ + "-" + text; }
  std::vector<std::string> own_names() {
    auto names = pool_->list();
    std::erase_if(names, [&](const std::string& each) { return !each.starts_with(prefix_); });
    return names;
  }
  void make(const std::string& image, std::string_view content) {
    pool_->create(image, 8 * kMebibyte, 4 * kMebibyte);
    Image opened = pool_->open(image, Access::write);
    opened.write(0, content);
    opened.flush();
  }
  void clone(const std::string& parent, const std::string& child) {
    families_->clone_now({parent, "for-" + child}, child);
  }

  std::optional<Pool> pool_;
  std::optional<Families> families_;
  std::string prefix_;
};

TEST_F(RbdPool, gives_back_what_was_written) {
  make(name("a"), "hello");
  const Image image = pool_->open(name("a"), Access::read);
  EXPECT_EQ(text_of(image, 6), std::string("hello\0", 6));
  EXPECT_EQ(image.size(), 8 * kMebibyte);
  char byte = 0;
  EXPECT_EQ(image.read(8 * kMebibyte, &byte, 1), 0U);
}

TEST_F(RbdPool, says_what_is_not_there_and_what_is_there_already) {
  make(name("a"), "");
  EXPECT_EQ(kind_of_failure([&] { static_cast<void>(pool_->open(name("b"), Access::read)); }),
            ErrorKind::not_found);
  EXPECT_EQ(kind_of_failure([&] { pool_->remove(name("b")); }), ErrorKind::not_found);
  EXPECT_EQ(kind_of_failure([&] { pool_->create(name("a"), 1, kMebibyte * 4); }),
            ErrorKind::conflict);
}

TEST_F(RbdPool, a_clone_is_of_what_the_snapshot_was) {
  make(name("a"), "before");
  clone(name("a"), name("b"));
  pool_->open(name("a"), Access::write).write(0, "after.");
  const Image child = pool_->open(name("b"), Access::read);
  EXPECT_EQ(text_of(child, 6), "before");
  EXPECT_EQ(child.parent().value().image, name("a"));
  families_->flatten(name("b"));
  EXPECT_FALSE(pool_->open(name("b"), Access::read).parent());
  EXPECT_EQ(text_of(pool_->open(name("b"), Access::read), 6), "before");
  EXPECT_TRUE(pool_->open(name("a"), Access::read).snapshots().empty());
}

TEST_F(RbdPool, what_has_clones_stays_for_them_and_goes_with_the_last) {
  make(name("a"), "content");
  clone(name("a"), name("b"));
  clone(name("b"), name("c"));
  EXPECT_EQ(families_->generation_of(name("c")), 2);

  families_->dispose(name("a"));
  families_->dispose(name("b"));

  EXPECT_FALSE(pool_->has(name("a")));
  EXPECT_EQ(own_names().size(), 3U);
  EXPECT_TRUE(families_->list_kept_in_vain(own_names()).empty());
  EXPECT_EQ(text_of(pool_->open(name("c"), Access::read), 7), "content");
  families_->dispose(name("c"));
  EXPECT_EQ(own_names(), std::vector<std::string>{});
}

TEST_F(RbdPool, what_a_death_left_of_a_family_is_found) {
  make(name("a"), "content");
  clone(name("a"), name("b"));
  families_->dispose(name("a"));
  pool_->remove(name("b"));

  const auto left = families_->list_kept_in_vain(own_names());

  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(name_before_disposal(left.front()), name("a"));
}

TEST_F(RbdPool, what_is_open_elsewhere_stays_until_it_is_closed) {
  make(name("a"), "content");
  Pool other({.configuration = configuration_of_test()});
  {
    const Image image = other.open(name("a"), Access::write);
    EXPECT_EQ(kind_of_failure([&] { pool_->remove(name("a")); }), ErrorKind::conflict);
    families_->dispose(name("a"));
    EXPECT_FALSE(pool_->has(name("a")));
    EXPECT_EQ(text_of(image, 7), "content");
    EXPECT_TRUE(families_->list_kept_in_vain(own_names()).empty());
  }
  EXPECT_EQ(families_->list_kept_in_vain(own_names()).size(), 1U);
}

TEST_F(RbdPool, who_is_shut_out_writes_no_more_and_others_do) {
  make(name("a"), "content");
  EXPECT_TRUE(pool_->open(name("a"), Access::write).other_writers().empty()) << "itself";
  Pool other({.configuration = configuration_of_test()});
  Image stale = other.open(name("a"), Access::write);
  stale.write(0, "written");
  const auto writers = pool_->open(name("a"), Access::read).other_writers();
  ASSERT_EQ(writers.size(), 1U) << "a watcher and the holder of the lock are one";
  EXPECT_EQ(host_of(writers.front()), "127.0.0.1");

  pool_->shut_out(writers.front());

  EXPECT_EQ(kind_of_failure([&] { stale.write(0, "too late"); }), ErrorKind::unavailable);
  Pool third({.configuration = configuration_of_test()});
  third.open(name("a"), Access::write).write(0, "another");
  EXPECT_EQ(text_of(pool_->open(name("a"), Access::read), 8), std::string("another\0", 8));
  EXPECT_TRUE(pool_->open(name("a"), Access::read).other_writers().empty());
}

TEST_F(RbdPool, what_readers_have_open_has_no_writers) {
  make(name("a"), "content");
  Pool other({.configuration = configuration_of_test()});
  const Image reader = other.open(name("a"), Access::read);
  EXPECT_TRUE(pool_->open(name("a"), Access::read).other_writers().empty());
}

TEST_F(RbdPool, a_content_snapshot_stays_when_the_last_clone_goes) {
  make(name("a"), "content");
  pool_->open(name("a"), Access::write).create_snapshot(kContentSnapshot);
  families_->clone({name("a"), kContentSnapshot}, name("b"));
  families_->dispose(name("b"));
  EXPECT_EQ(pool_->open(name("a"), Access::read).snapshots(),
            std::vector<std::string>{kContentSnapshot});
}

TEST_F(RbdPool, knows_its_cluster) {
  EXPECT_TRUE(base::is_uuid(pool_->fsid()));
  ASSERT_EQ(pool_->monitors().size(), 1U);
  EXPECT_EQ(pool_->monitors().front().host, "127.0.0.1");
  EXPECT_GT(pool_->usage().free_bytes, 0);
}

TEST_F(RbdPool, says_which_pool_or_user_is_missing) {
  for (const PoolOptions& wrong :
       {PoolOptions{.configuration = configuration_of_test(), .pool = "nowhere"},
        PoolOptions{.configuration = configuration_of_test(), .user = "nobody"},
        PoolOptions{.configuration = "/nonexistent/ceph.conf"}}) {
    Pool pool(wrong);
    EXPECT_EQ(kind_of_failure([&] { static_cast<void>(pool.fsid()); }), ErrorKind::unavailable);
  }
}

TEST_F(RbdPool, gives_up_when_nobody_answers) {
  const std::string path = testing::TempDir() + "nephele-no-ceph.conf";
  std::ofstream(path) << "[global]\nmon_host = v2:127.0.0.1:1/0\nauth_client_required = none\n";
  Pool pool({.configuration = path, .patience = std::chrono::seconds{2}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of_failure([&] { static_cast<void>(pool.fsid()); }), ErrorKind::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace platform::rbd
