// The digests of images that became active before anybody had read all of their bytes.
#include <algorithm>

#include "glance/registry/registry.hpp"
#include "glance/store/images.hpp"
#include "platform/database/outbox.hpp"
#include "platform/log.hpp"

namespace glance::registry {
namespace {

using platform::Session;

// Generous: two that compute the same do no harm, but for their time.
constexpr base::Duration kLeastPatience = std::chrono::minutes{1};
constexpr int64_t kSlowest = 20 << 20;  // bytes per second
constexpr int64_t kBatch = 100;

base::Duration patience(int64_t size) {
  return kLeastPatience + std::chrono::seconds{size / kSlowest};
}

struct Overdue {
  std::string id;
  int64_t size = 0;
};

std::vector<Overdue> list_overdue(Session& session, base::TimePoint now) {
  std::vector<Overdue> overdue;
  session.query("SELECT id, size FROM images WHERE digests_due<? ORDER BY digests_due LIMIT ?",
                {now, kBatch}, [&](const platform::SqlRow& row) {
                  overdue.push_back({std::string(row.text(0)), row.integer(1)});
                });
  return overdue;
}

}  // namespace

void ask_for_digests(Session& session, const platform::Runtime& runtime,
                     const std::string& request_id, const std::string& image_id, int64_t size) {
  const base::TimePoint now = runtime.clock.now();
  session.execute("UPDATE images SET digests_due=? WHERE id=?", {now + patience(size), image_id});
  platform::enqueue(
      session, std::string(kApiTopic),
      platform::make_message(runtime.random.uuid(), request_id, nullptr, ComputeDigests{image_id}),
      now);
}

// The location tells that these are the bytes that the image has now: each upload has its own.
void Registry::set_digests(const SetDigests& request) {
  database_.write("set digests", [&](Session& session) {
    const auto image = store::find_image(session, request.id);
    if (!image) return;
    const auto locations = store::list_locations(session, *image);
    if (std::ranges::find(locations, request.location, &ImageLocation::url) == locations.end())
      return;
    session.execute(
        "UPDATE images SET checksum=?, os_hash_value=?, digests_due=NULL, updated_at=? "
        "WHERE id=? AND digests_due IS NOT NULL",
        {request.checksum, request.os_hash_value, runtime_.clock.now(), request.id});
  });
}

void Registry::ask_for_overdue_digests() {
  const base::TimePoint now = runtime_.clock.now();
  const bool any =
      database_.read([&](Session& session) { return !list_overdue(session, now).empty(); });
  if (!any) return;
  database_.write("ask for digests again", [&](Session& session) {
    for (const auto& [id, size] : list_overdue(session, now)) {
      platform::log_warning("digests of an image were not told image={}", id);
      ask_for_digests(session, runtime_, "req-" + runtime_.random.uuid(), id, size);
    }
  });
}

}  // namespace glance::registry
