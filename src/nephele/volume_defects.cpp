#include "nephele/volume_defects.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "cinder/overview.hpp"
#include "nova/leftovers.hpp"

namespace nephele {
namespace {

using Attachments = std::vector<cinder::ServerAttachment>;
using KnownServers = std::map<std::string, nova::ServerVolumes>;

void report_volume(std::vector<Defect>& defects, const std::string& volume, std::string text,
                   std::string advice) {
  defects.push_back(
      {{platform::Severity::problem, "volume " + volume, std::move(text), std::move(advice)},
       nullptr});
}

void compare_attachment(const cinder::ServerAttachment& attachment, const KnownServers& servers,
                        std::vector<Defect>& defects) {
  if (attachment.ending) return;
  const std::string advice =
      fmt::format("openstack volume attachment delete {}, if nothing uses it", attachment.id);
  const auto found = servers.find(attachment.server_id);
  if (found == servers.end())
    return report_volume(
        defects, attachment.volume_id,
        fmt::format("is attached to server {}, which is not there", attachment.server_id), advice);
  const nova::ServerVolumes& server = found->second;
  if (server.settled && !server.volumes.contains(attachment.volume_id))
    report_volume(
        defects, attachment.volume_id,
        fmt::format("is attached to server {}, which does not know it", attachment.server_id),
        advice);
}

void compare_server(const std::string& id, const nova::ServerVolumes& server,
                    const Attachments& attachments, std::vector<Defect>& defects) {
  if (!server.settled) return;
  for (const std::string& volume : server.volumes) {
    const bool attached = std::ranges::any_of(attachments, [&](const auto& attachment) {
      return attachment.server_id == id && attachment.volume_id == volume;
    });
    if (!attached)
      report_volume(defects, volume, fmt::format("is of server {}, and not attached to it", id),
                    fmt::format("openstack server remove volume {} {}", id, volume));
  }
}

}  // namespace

void compare_volumes(const CommandLine& line, std::vector<Defect>& defects) {
  const auto cinder = find_database_of(line, "cinder");
  const auto nova = find_database_of(line, "nova");
  if (!cinder || !nova) return;
  // Attachments first, and once more: each comes before its server knows it, and goes after that.
  const Attachments before = cinder::list_server_attachments(*cinder);
  const KnownServers servers = nova::list_server_volumes(*nova);
  for (const cinder::ServerAttachment& attachment : before)
    compare_attachment(attachment, servers, defects);
  const Attachments after = cinder::list_server_attachments(*cinder);
  for (const auto& [id, server] : servers) compare_server(id, server, after, defects);
}

}  // namespace nephele
