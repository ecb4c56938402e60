#include "cinder/drivers/volume/conformance.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include "base/error.hpp"

namespace cinder::drivers {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderConformance);

void ProviderConformance::SetUp() {
  storage_ = GetParam()();
  if (!storage_) GTEST_SKIP() << "this machine can not run the provider";
  provider_ = storage_->open();
}

void ProviderConformance::make(const std::string& id, const std::string& content,
                               int64_t size_gib) {
  const auto writer = provider_->write(id, size_gib);
  writer->write(content);
  writer->commit();
}

std::string ProviderConformance::beginning_of(const std::string& id, size_t bytes) const {
  platform::http::Response response;
  response.stream = provider_->read(id);
  const auto reader = platform::http::take_body(response);
  std::string text(bytes, '?');
  size_t read = 0;
  while (read < bytes) {
    const size_t more = reader->read(text.data() + read, bytes - read);
    if (more == 0) break;
    read += more;
  }
  text.resize(read);
  return text;
}

int64_t ProviderConformance::gib_of(const std::string& id) const {
  return static_cast<int64_t>(provider_->read(id)->length.value() >> 30);
}

std::vector<Item> ProviderConformance::items() const {
  auto found = provider_->list();
  std::sort(found.begin(), found.end());
  return found;
}

namespace {

const std::string kVolume = "11111111-1111-4111-8111-111111111111";
const std::string kOther = "22222222-2222-4222-8222-222222222222";
const std::string kSnapshot = "33333333-3333-4333-8333-333333333333";

std::string zeros(size_t count) { return std::string(count, '\0'); }

base::ErrorKind kind_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "it did not fail";
  return base::ErrorKind::internal;
}

TEST_P(ProviderConformance, has_a_path_with_the_bytes_of_a_volume) {
  if (provider_->is_reached_directly()) GTEST_SKIP() << "its volumes are reached without paths";
  make(kVolume, "hello");

  std::ifstream file(provider_->path(kVolume), std::ios::binary);
  std::string text(5, '?');
  file.read(text.data(), 5);

  EXPECT_EQ(text, "hello");
  EXPECT_EQ(kind_of([&] { static_cast<void>(provider_->path(kOther)); }),
            base::ErrorKind::not_found);
}

TEST_P(ProviderConformance, what_a_target_wrote_is_there_when_its_path_is_closed) {
  if (provider_->is_reached_directly()) GTEST_SKIP() << "its volumes are reached without paths";
  provider_->create(kVolume, 1);
  const std::string path = provider_->path(kVolume);
  EXPECT_EQ(provider_->path(kVolume), path);
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).write("guest", 5);
  EXPECT_EQ(beginning_of(kVolume, 5), "guest");

  for (int i = 0; i < 2; ++i) provider_->close_path(kVolume);
  EXPECT_TRUE(provider_->held_paths().empty());
  provider_->create_snapshot(kSnapshot, kVolume);
  provider_->extend(kVolume, 2);
  provider_->copy({Kind::snapshot, kSnapshot}, kOther, 1);

  EXPECT_EQ(beginning_of(kVolume, 6), "guest" + zeros(1));
  EXPECT_EQ(beginning_of(kOther, 6), "guest" + zeros(1));
  std::ifstream grown(provider_->path(kVolume), std::ios::binary | std::ios::ate);
  EXPECT_EQ(grown.tellg(), std::streamoff{2} << 30);
  grown.close();
  provider_->close_path(kVolume);
}

TEST_P(ProviderConformance, says_how_hosts_reach_a_volume_if_they_do_by_themselves) {
  if (!provider_->is_reached_directly()) GTEST_SKIP() << "its volumes are reached over targets";
  provider_->create(kVolume, 1);
  EXPECT_FALSE(provider_->connection(kVolume).at("driver_volume_type").as_string().empty());
}

TEST_P(ProviderConformance, a_new_volume_is_zeros_of_its_size) {
  provider_->create(kVolume, 2);
  EXPECT_EQ(gib_of(kVolume), 2);
  EXPECT_EQ(beginning_of(kVolume, 100), zeros(100));
  EXPECT_EQ(items(), (std::vector<Item>{{Kind::volume, kVolume}}));
}

TEST_P(ProviderConformance, what_was_made_once_is_not_made_again) {
  make(kVolume, "content");
  provider_->create(kVolume, 1);
  EXPECT_EQ(beginning_of(kVolume, 7), "content");
}

TEST_P(ProviderConformance, the_next_owner_reads_nothing_of_the_last) {
  make(kVolume, "secret");
  provider_->remove({Kind::volume, kVolume});
  provider_->create(kOther, 1);
  EXPECT_EQ(beginning_of(kOther, 6), zeros(6));
  provider_->create(kVolume, 1);
  EXPECT_EQ(beginning_of(kVolume, 6), zeros(6));
}

TEST_P(ProviderConformance, what_is_written_is_there_after_a_restart) {
  make(kVolume, "content");
  provider_ = storage_->open();
  EXPECT_EQ(beginning_of(kVolume, 8), "content" + zeros(1));
}

TEST_P(ProviderConformance, what_is_not_committed_is_not_there) {
  provider_->write(kVolume, 1)->write("content");
  EXPECT_EQ(items(), std::vector<Item>{});
  EXPECT_EQ(kind_of([&] { static_cast<void>(provider_->read(kVolume)); }),
            base::ErrorKind::not_found);
}

TEST_P(ProviderConformance, what_does_not_fit_is_refused) {
  const auto writer = provider_->write(kVolume, 1);
  const std::string block(64 << 20, '\0');
  for (int i = 0; i < 16; ++i) writer->write(block);
  EXPECT_EQ(kind_of([&] { writer->write("x"); }), base::ErrorKind::bad_request);
}

TEST_P(ProviderConformance, a_copy_is_its_own) {
  make(kVolume, "content");
  provider_->copy({Kind::volume, kVolume}, kOther, 2);
  provider_->remove({Kind::volume, kVolume});
  EXPECT_EQ(gib_of(kOther), 2);
  EXPECT_EQ(beginning_of(kOther, 8), "content" + zeros(1));
}

TEST_P(ProviderConformance, a_copy_of_nothing_is_refused_and_leaves_nothing) {
  EXPECT_EQ(kind_of([&] { provider_->copy({Kind::volume, kVolume}, kOther, 1); }),
            base::ErrorKind::not_found);
  EXPECT_EQ(items(), std::vector<Item>{});
}

TEST_P(ProviderConformance, a_snapshot_keeps_what_was_there) {
  make(kVolume, "before");
  provider_->create_snapshot(kSnapshot, kVolume);
  provider_->remove({Kind::volume, kVolume});
  make(kVolume, "after.");
  provider_->create_snapshot(kSnapshot, kVolume);
  provider_->copy({Kind::snapshot, kSnapshot}, kOther, 1);
  EXPECT_EQ(beginning_of(kOther, 6), "before");
  EXPECT_EQ(beginning_of(kVolume, 6), "after.");
}

TEST_P(ProviderConformance, an_extended_volume_keeps_its_content) {
  make(kVolume, "content");
  provider_->extend(kVolume, 3);
  provider_->extend(kVolume, 3);
  EXPECT_EQ(gib_of(kVolume), 3);
  EXPECT_EQ(beginning_of(kVolume, 7), "content");
  EXPECT_EQ(kind_of([&] { provider_->extend(kOther, 3); }), base::ErrorKind::not_found);
}

TEST_P(ProviderConformance, what_is_removed_twice_is_removed_once) {
  provider_->create(kVolume, 1);
  provider_->create_snapshot(kSnapshot, kVolume);
  for (int i = 0; i < 2; ++i) {
    provider_->remove({Kind::snapshot, kSnapshot});
    provider_->remove({Kind::volume, kVolume});
  }
  EXPECT_EQ(items(), std::vector<Item>{});
}

TEST_P(ProviderConformance, a_piece_that_a_death_left_is_listed_made_again_and_removed) {
  const Item volume{Kind::volume, kVolume};
  storage_->leave_piece(volume);
  EXPECT_EQ(items(), std::vector<Item>{volume});
  provider_->create(kVolume, 1);
  EXPECT_EQ(beginning_of(kVolume, 4), zeros(4));
  storage_->leave_piece(volume);
  provider_->remove(volume);
  EXPECT_EQ(items(), std::vector<Item>{});
}

TEST_P(ProviderConformance, what_is_let_go_is_there_for_who_takes_it_over) {
  const std::string third = "44444444-4444-4444-8444-444444444444";
  make(kVolume, "content", 2);
  for (int i = 0; i < 2; ++i) provider_->unmanage({Kind::volume, kVolume});
  EXPECT_EQ(items(), std::vector<Item>{});

  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(provider_->manage("volume-" + kVolume, {Kind::volume, kOther}), 2);

  EXPECT_EQ(items(), (std::vector<Item>{{Kind::volume, kOther}}));
  EXPECT_EQ(beginning_of(kOther, 7), "content");
  const auto manage = [&](const std::string& name) {
    return kind_of([&] { provider_->manage(name, {Kind::volume, third}); });
  };
  EXPECT_EQ(manage("volume-" + kVolume), base::ErrorKind::not_found);
  EXPECT_EQ(manage("../volume-" + kOther), base::ErrorKind::bad_request);
  EXPECT_EQ(manage(""), base::ErrorKind::bad_request);
}

TEST_P(ProviderConformance, lists_what_was_let_go_by_the_names_that_take_it) {
  const Item volume{Kind::volume, kVolume};
  const Item snapshot{Kind::snapshot, kSnapshot};
  make(kVolume, "content", 2);
  provider_->create_snapshot(kSnapshot, kVolume);
  const auto sizes = [&](Kind kind) {
    std::map<std::string, int64_t> found;
    for (const Unmanaged& one : provider_->list_unmanaged(kind)) {
      EXPECT_EQ(one.reason_not_safe, "") << one.name;
      found[one.name] = one.size_gib;
    }
    return found;
  };
  using Sizes = std::map<std::string, int64_t>;
  EXPECT_EQ(sizes(Kind::volume), Sizes{});
  EXPECT_EQ(sizes(Kind::snapshot), Sizes{});

  provider_->unmanage(snapshot);
  provider_->unmanage(volume);

  EXPECT_EQ(sizes(Kind::volume), (Sizes{{provider_->name_of(volume), 2}}));
  EXPECT_EQ(sizes(Kind::snapshot), (Sizes{{provider_->name_of(snapshot), 2}}));
  EXPECT_EQ(provider_->manage(provider_->name_of(volume), volume), 2);
  EXPECT_EQ(provider_->manage(provider_->name_of(snapshot), snapshot), 2);
  EXPECT_EQ(sizes(Kind::volume), Sizes{});
  EXPECT_EQ(sizes(Kind::snapshot), Sizes{});
}

TEST_P(ProviderConformance, a_volume_goes_back_to_what_its_snapshot_has) {
  make(kVolume, "before");
  provider_->create_snapshot(kSnapshot, kVolume);
  make(kVolume, "after.");

  for (int i = 0; i < 2; ++i) provider_->revert(kVolume, kSnapshot, 1);

  EXPECT_EQ(beginning_of(kVolume, 7), "before" + zeros(1));
  EXPECT_EQ(gib_of(kVolume), 1);
  EXPECT_EQ(items(), (std::vector<Item>{{Kind::volume, kVolume}, {Kind::snapshot, kSnapshot}}));
  make(kVolume, "again.");
  provider_->copy({Kind::snapshot, kSnapshot}, kOther, 1);
  EXPECT_EQ(beginning_of(kOther, 6), "before");
  EXPECT_EQ(beginning_of(kVolume, 6), "again.");
}

TEST_P(ProviderConformance, a_volume_that_a_death_took_is_made_of_the_snapshot) {
  make(kVolume, "before");
  provider_->create_snapshot(kSnapshot, kVolume);
  provider_->remove({Kind::volume, kVolume});

  provider_->revert(kVolume, kSnapshot, 2);

  EXPECT_EQ(beginning_of(kVolume, 6), "before");
  EXPECT_EQ(gib_of(kVolume), 2);
}

TEST_P(ProviderConformance, without_the_snapshot_a_volume_stays_what_it_is) {
  make(kVolume, "content");
  EXPECT_EQ(kind_of([&] { provider_->revert(kVolume, kSnapshot, 1); }), base::ErrorKind::not_found);
  EXPECT_EQ(beginning_of(kVolume, 7), "content");
  EXPECT_EQ(items(), (std::vector<Item>{{Kind::volume, kVolume}}));
}

TEST_P(ProviderConformance, a_volume_gets_another_content_when_that_is_whole) {
  make(kVolume, "former", 1);
  provider_->write(kVolume, 1)->write("half");
  EXPECT_EQ(beginning_of(kVolume, 6), "former");
  provider_->create_snapshot(kSnapshot, kVolume);

  make(kVolume, "new");

  EXPECT_EQ(beginning_of(kVolume, 6), "new" + zeros(3));
  EXPECT_EQ(items(), (std::vector<Item>{{Kind::volume, kVolume}, {Kind::snapshot, kSnapshot}}));
  provider_->copy({Kind::snapshot, kSnapshot}, kOther, 1);
  EXPECT_EQ(beginning_of(kOther, 6), "former");
}

TEST_P(ProviderConformance, says_what_room_it_has) {
  const Stats stats = provider_->stats();
  EXPECT_GT(stats.total_gib, 0);
  EXPECT_LE(stats.free_gib, stats.total_gib);
  EXPECT_FALSE(stats.capabilities.at("storage_protocol").empty());
}

}  // namespace
}  // namespace cinder::drivers
