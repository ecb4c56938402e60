// Imports whose glance-api dies, is slow, or says things twice; on virtual time.
#include "glance/registry/imports.hpp"

#include <gtest/gtest.h>

#include "glance/registry/registry.hpp"
#include "glance/store/migrations.hpp"
#include "platform/database/rows.hpp"
#include "platform/simulation/simulation.hpp"

namespace glance::registry {
namespace {

class ImportsTest : public testing::Test {
 protected:
  ImportsTest() {
    simulation_.prepare_database("glance", [](platform::Database& database) {
      platform::migrate(database, store::migrations());
    });
    Image image;
    image.id = kImage;
    image.owner = "p";
    image.disk_format = "raw";
    image.container_format = "bare";
    registry_.add({image});
    registry_.begin_upload({kImage, "staging", "host", "uploading"});
    registry_.finish_staging({kImage, "staging", "file:///staging/i"});
  }

  void start(bool all_must_succeed = true, const std::vector<std::string>& stores = {"a", "b"}) {
    Task task;
    task.id = kTask;
    task.image_id = kImage;
    task.input = {
        kImage,
        {{"method", {{"name", "glance-direct"}}}, {"all_stores_must_succeed", all_must_succeed}},
        stores};
    imports_.start({task});
  }
  std::vector<std::string> take(const std::string& operation) {
    return imports_.take({kTask, operation}).stores;
  }
  ReportStore stored(const std::string& operation, const std::string& store) {
    return {kTask, operation, store, {"md5", "sha", 3, {}, "file:///" + store + "/i"}, ""};
  }
  // Nothing is heard of whoever has the task.
  void fall_silent() {
    process_->runtime().executor.sleep_for(kImportPatience + std::chrono::seconds{1});
    imports_.look_after();
  }
  Image image() { return registry_.get({kImage, {"", true}}); }
  std::string task_status() { return imports_.get({kTask}).status; }
  int64_t queued_messages(const std::string& type) {
    return database_.read([&](platform::Session& session) {
      return platform::number(session, "SELECT COUNT(*) FROM outbox WHERE message LIKE ?",
                              {"%" + type + "%"});
    });
  }
  template <class F>
  static std::optional<base::ErrorKind> refusal(F call) {
    try {
      call();
    } catch (const base::Error& error) {
      return error.kind();
    }
    return std::nullopt;
  }

  static constexpr const char* kImage = "11111111-2222-4333-8444-555555555555";
  static constexpr const char* kTask = "21111111-2222-4333-8444-555555555555";
  platform::Simulation simulation_{1};
  std::unique_ptr<platform::SimulatedProcess> process_ = simulation_.make_process("registry");
  platform::Database& database_ = process_->database("glance");
  Registry registry_{process_->runtime(), database_};
  Imports imports_{process_->runtime(), database_};
};

TEST_F(ImportsTest, goes_on_with_the_stores_that_are_missing_when_a_glance_api_dies) {
  start();
  EXPECT_EQ(take("first"), (std::vector<std::string>{"a", "b"}));
  imports_.report(stored("first", "a"));

  fall_silent();

  EXPECT_EQ(queued_messages("RunImport"), 2);
  EXPECT_EQ(take("second"), std::vector<std::string>{"b"});
  EXPECT_EQ(image().status, "importing");
  imports_.report(stored("second", "b"));
  imports_.finish({kTask, "second", ""});
  EXPECT_EQ(image().status, "active");
  EXPECT_EQ(stores_of(image()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(task_status(), kTaskSuccess);
}

TEST_F(ImportsTest, belongs_to_who_is_heard_of) {
  start();
  static_cast<void>(take("first"));
  for (int i = 0; i < 5; ++i) {
    process_->runtime().executor.sleep_for(kImportPatience / 2);
    imports_.go_on({kTask, "first"});
    imports_.look_after();
  }
  EXPECT_EQ(refusal([&] { take("second"); }), base::ErrorKind::conflict);
  EXPECT_EQ(queued_messages("RunImport"), 1);
}

TEST_F(ImportsTest, refuses_what_comes_late_from_who_was_taken_for_dead) {
  start();
  static_cast<void>(take("first"));
  fall_silent();
  static_cast<void>(take("second"));

  EXPECT_EQ(refusal([&] { imports_.report(stored("first", "a")); }), base::ErrorKind::gone);
  EXPECT_EQ(refusal([&] { imports_.go_on({kTask, "first"}); }), base::ErrorKind::conflict);
  imports_.finish({kTask, "first", "late"});
  EXPECT_EQ(task_status(), kTaskProcessing);
}

TEST_F(ImportsTest, does_not_refuse_what_it_has_done_when_it_is_told_again) {
  start();
  static_cast<void>(take("first"));
  const FinishPreparation prepared{kTask, "first", "file:///staging/made", "qcow2", "bare"};
  imports_.finish_preparation(prepared);
  imports_.report(stored("first", "a"));
  fall_silent();
  EXPECT_EQ(take("second"), std::vector<std::string>{"b"});

  EXPECT_EQ(refusal([&] { imports_.finish_preparation(prepared); }), std::nullopt);
  EXPECT_EQ(refusal([&] { imports_.report(stored("first", "a")); }), std::nullopt);
  EXPECT_EQ(stores_of(image()), std::vector<std::string>{"a"});
  EXPECT_EQ(refusal([&] { imports_.report(stored("first", "b")); }), base::ErrorKind::gone);
}

TEST_F(ImportsTest, is_undone_after_too_many_attempts) {
  start();
  for (int64_t attempt = 0; attempt < kImportAttempts; ++attempt) {
    const std::string operation = std::to_string(attempt);
    static_cast<void>(take(operation));
    if (attempt == 0) imports_.report(stored(operation, "a"));
    fall_silent();
  }
  EXPECT_EQ(task_status(), kTaskFailure);
  const Image undone = image();
  EXPECT_EQ(undone.status, "queued");
  EXPECT_TRUE(undone.locations.empty());
  EXPECT_FALSE(undone.staged_location);
  EXPECT_FALSE(undone.properties.contains("os_glance_import_task"));
  EXPECT_EQ(queued_messages("RemoveImageData"), 2);  // of store a and staged
}

TEST_F(ImportsTest, that_nobody_takes_ends_too) {
  start();
  for (int64_t attempt = 0; attempt < kImportAttempts; ++attempt) fall_silent();
  EXPECT_EQ(task_status(), kTaskFailure);
  EXPECT_EQ(image().status, "queued");
}

TEST_F(ImportsTest, keeps_what_it_has_if_not_all_stores_must) {
  start(false);
  static_cast<void>(take("0"));
  imports_.report(stored("0", "a"));
  EXPECT_EQ(image().status, "active");
  for (int64_t attempt = 0; attempt < kImportAttempts; ++attempt) fall_silent();
  EXPECT_EQ(image().status, "active");
  EXPECT_EQ(stores_of(image()), std::vector<std::string>{"a"});
}

TEST_F(ImportsTest, does_once_what_it_is_told_twice) {
  start();
  EXPECT_EQ(refusal([&] { start(); }), base::ErrorKind::conflict);
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(take("first"));
    for (const char* store : {"a", "b"}) imports_.report(stored("first", store));
  }
  for (int i = 0; i < 2; ++i) imports_.finish({kTask, "first", ""});
  EXPECT_EQ(stores_of(image()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(task_status(), kTaskSuccess);
  EXPECT_EQ(queued_messages("RemoveImageData"), 1);  // what was staged
}

TEST_F(ImportsTest, does_once_what_it_is_told_twice_by_the_store_without_a_name) {
  start(true, {""});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(take("first").empty(), i == 1);
    imports_.report(stored("first", ""));
  }
  for (int i = 0; i < 2; ++i) imports_.finish({kTask, "first", ""});
  EXPECT_EQ(image().status, "active");
  EXPECT_TRUE(stores_of(image()).empty());
  EXPECT_EQ(image().locations.size(), 1U);
}

TEST_F(ImportsTest, is_prepared_once_whoever_dies) {
  start();
  static_cast<void>(take("first"));
  for (int i = 0; i < 2; ++i)
    imports_.finish_preparation({kTask, "first", "file:///staging/p", "qcow2", "bare"});
  EXPECT_EQ(queued_messages("RemoveImageData"), 1);  // what was staged before
  fall_silent();

  const ImportWork work = imports_.take({kTask, "second"});

  EXPECT_TRUE(work.prepared);
  EXPECT_EQ(work.image.staged_location, "file:///staging/p");
  EXPECT_EQ(work.image.disk_format, "qcow2");
  EXPECT_EQ(refusal([&] {
              imports_.finish_preparation({kTask, "first", "file:///staging/late", "raw", "bare"});
            }),
            base::ErrorKind::gone);
  imports_.finish({kTask, "second", "no room"});
  EXPECT_EQ(image().disk_format, "raw");
  EXPECT_FALSE(image().staged_location);
}

TEST_F(ImportsTest, ends_with_its_image) {
  start();
  static_cast<void>(take("first"));
  registry_.remove("req", {kImage});

  EXPECT_EQ(refusal([&] { imports_.report(stored("first", "a")); }), base::ErrorKind::gone);
  fall_silent();
  EXPECT_EQ(task_status(), kTaskFailure);
}

TEST_F(ImportsTest, is_forgotten_some_days_after_its_end) {
  start();
  static_cast<void>(take("first"));
  imports_.finish({kTask, "first", "no"});
  imports_.look_after();
  EXPECT_EQ(task_status(), kTaskFailure);

  process_->runtime().executor.sleep_for(kTaskTimeToLive + std::chrono::seconds{1});
  imports_.look_after();

  EXPECT_EQ(refusal([&] { task_status(); }), base::ErrorKind::not_found);
}

// ---- digests that are computed when the image is active already

class LateDigestsTest : public ImportsTest {
 protected:
  LateDigestsTest() {
    start(true, {"a"});
    static_cast<void>(take("first"));
    imports_.report({kTask, "first", "a", {"", "", kSize, {}, kLocation}, ""});
    imports_.finish({kTask, "first", ""});
  }
  static constexpr int64_t kSize = 1 << 20;
  static constexpr const char* kLocation = "file:///a/i";
};

TEST_F(LateDigestsTest, are_asked_for_once_the_image_is_active) {
  EXPECT_EQ(image().status, "active");
  EXPECT_EQ(image().os_hash_algo, "sha512");
  EXPECT_EQ(image().os_hash_value, std::nullopt);
  EXPECT_EQ(queued_messages("ComputeDigests"), 1);

  registry_.set_digests({kImage, kLocation, "md5", "sha"});
  EXPECT_EQ(image().checksum, "md5");
  EXPECT_EQ(image().os_hash_value, "sha");
  registry_.set_digests({kImage, kLocation, "another", "another"});
  EXPECT_EQ(image().os_hash_value, "sha");
}

TEST_F(LateDigestsTest, are_asked_for_again_until_they_are_told) {
  registry_.ask_for_overdue_digests();
  EXPECT_EQ(queued_messages("ComputeDigests"), 1);
  process_->runtime().executor.sleep_for(std::chrono::minutes{3});
  registry_.ask_for_overdue_digests();
  EXPECT_EQ(queued_messages("ComputeDigests"), 2);

  registry_.set_digests({kImage, kLocation, "md5", "sha"});
  process_->runtime().executor.sleep_for(std::chrono::minutes{3});
  registry_.ask_for_overdue_digests();
  EXPECT_EQ(queued_messages("ComputeDigests"), 2);
}

TEST_F(LateDigestsTest, of_other_bytes_than_the_image_has_are_ignored) {
  registry_.set_digests({kImage, "file:///a/before", "md5", "sha"});
  EXPECT_EQ(image().os_hash_value, std::nullopt);
}

TEST_F(LateDigestsTest, are_not_asked_for_when_the_image_is_gone) {
  registry_.remove("req", {kImage});
  registry_.set_digests({kImage, kLocation, "md5", "sha"});
  process_->runtime().executor.sleep_for(std::chrono::minutes{3});
  registry_.ask_for_overdue_digests();
  EXPECT_EQ(queued_messages("ComputeDigests"), 1);
}

}  // namespace
}  // namespace glance::registry
