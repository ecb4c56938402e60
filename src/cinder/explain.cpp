// Why a volume or group is where it is: the scheduler's decisions as text.
#include <fmt/format.h>

#include "cinder/service.hpp"
#include "cinder/store/groups.hpp"
#include "cinder/store/pools.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/decision.hpp"

namespace cinder {
namespace {

// `size`: of a volume, with what parts it from its status.
template <class Row>
std::string text_of_place(platform::Session& session, std::string_view kind, const Row& row,
                          const std::string& size) {
  std::string text = fmt::format("{} {} ({}): {}{}{}\n", kind, row.name.value_or("-"), row.id, size,
                                 row.status, row.pool.empty() ? "" : " in " + row.pool);
  const auto decisions = store::list_decisions(session, row.id);
  // What is managed, or a group of copies, was never to go anywhere else.
  if (decisions.empty())
    text += row.pool.empty() ? "  no pool was looked for yet\n" : "  no pool was looked for\n";
  for (const auto& decision : decisions)
    text += openstack::to_text(
        base::from_json<openstack::Decision>(base::parse_json(decision.decision)),
        decision.created_at, kind);
  return text;
}

}  // namespace

std::optional<std::string> explain(platform::Database& database, const std::string& id) {
  return database.read([&](platform::Session& session) -> std::optional<std::string> {
    if (const auto volume = store::find_volume(session, id))
      return text_of_place(session, "volume", *volume, fmt::format("{} GiB; ", volume->size_gib));
    if (const auto group = store::find_group(session, id))
      return text_of_place(session, "group", *group, "");
    return std::nullopt;
  });
}

}  // namespace cinder
