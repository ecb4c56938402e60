// Which volumes or snapshots lie in a back end, page by page: Cinder's, as the database knows them,
// and what could become it, as the storage has it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cinder/volume/backend.hpp"

namespace cinder::volume {
namespace {

using drivers::Kind;
using platform::Session;

// Both in their places: what the database has alone is being made, what the storage has alone the
// reconciler takes away.
std::vector<ManageableItem> list_managed(Backend& backend, Kind kind) {
  std::set<std::string> there;
  for (const drivers::Item& item : backend.provider->list())
    if (item.kind == kind) there.insert(item.id);
  std::vector<ManageableItem> found;
  const auto add = [&](const std::string& id, int64_t size_gib, const std::string& source) {
    if (there.contains(id))
      found.push_back(
          {backend.provider->name_of({kind, id}), size_gib, id, "already managed", source});
  };
  backend.core.database.read([&](Session& session) {
    found.clear();
    if (kind == Kind::volume)
      for (const auto& [id, size] : store::volume_sizes_in_pool(session, backend.pool()))
        add(id, size, "");
    else
      for (const auto& snapshot : store::list_snapshot_origins_in_pool(session, backend.pool()))
        add(snapshot.id, snapshot.size_gib,
            backend.provider->name_of({Kind::volume, snapshot.volume_id}));
  });
  return found;
}

std::vector<ManageableItem> list_all(Backend& backend, Kind kind) {
  auto all = list_managed(backend, kind);
  for (const drivers::Unmanaged& one : backend.provider->list_unmanaged(kind))
    all.push_back({one.name, one.size_gib, "", one.reason_not_safe, one.source_name});
  return all;
}

bool comes_before(const ManageableItem& a, const ManageableItem& b,
                  const std::vector<ManageableOrder>& order) {
  for (const ManageableOrder& each : order) {
    const auto by_size = a.size_gib <=> b.size_gib;
    const auto by_name = a.name <=> b.name;
    const auto by = each.key == "size_gib" ? by_size : by_name;
    if (by != 0) return each.descending ? by > 0 : by < 0;
  }
  return false;
}

// Where the page begins, without the offset.
size_t begin_after(const std::vector<ManageableItem>& items, const std::string& marker) {
  if (marker.empty()) return 0;
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const ManageableItem& item) { return item.name == marker; });
  if (found == items.end())
    throw base::Error(
        base::ErrorKind::bad_request,
        fmt::format("Invalid input received: marker not found: {{'source-name': '{}'}}", marker));
  return static_cast<size_t>(found - items.begin()) + 1;
}

}  // namespace

ManageableItems list_manageable(Backend& backend, const ListManageable& message) {
  auto items = list_all(backend, message.snapshots ? Kind::snapshot : Kind::volume);
  std::sort(items.begin(), items.end(),
            [&](const auto& a, const auto& b) { return comes_before(a, b, message.order); });
  const size_t begin = std::min(
      items.size(), begin_after(items, message.marker) + static_cast<size_t>(message.offset));
  const size_t end = std::min(items.size(), begin + static_cast<size_t>(message.limit));
  return {
      {items.begin() + static_cast<ptrdiff_t>(begin), items.begin() + static_cast<ptrdiff_t>(end)}};
}

}  // namespace cinder::volume
