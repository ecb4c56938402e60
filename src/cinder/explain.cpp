// Why a volume is where it is: the scheduler's decisions as text.
#include <fmt/format.h>

#include "cinder/service.hpp"
#include "cinder/store/pools.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/decision.hpp"

namespace cinder {

std::optional<std::string> explain(platform::Database& database, const std::string& volume_id) {
  return database.read([&](platform::Session& session) -> std::optional<std::string> {
    const auto volume = store::find_volume(session, volume_id);
    if (!volume) return std::nullopt;
    std::string text = fmt::format("volume {} ({}): {} GiB; {}{}\n", volume->name.value_or("-"),
                                   volume->id, volume->size_gib, volume->status,
                                   volume->pool.empty() ? "" : " in " + volume->pool);
    const auto decisions = store::list_decisions(session, volume_id);
    if (decisions.empty()) text += "  no pool was looked for yet\n";
    for (const auto& decision : decisions)
      text += openstack::to_text(
          base::from_json<openstack::Decision>(base::parse_json(decision.decision)),
          decision.created_at, "volume");
    return text;
  });
}

}  // namespace cinder
