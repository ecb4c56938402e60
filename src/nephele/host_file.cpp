#include "nephele/host_file.hpp"

#include <fmt/core.h>

#include "nephele/cloud.hpp"

namespace nephele {

std::string host_file(const HostSettings& host, const std::string& transport_url, HostKind kind) {
  std::string text = fmt::format(
      "# For /etc/nephele/nephele.conf of a {} host, mode 0600: nothing else is needed there.\n"
      "[DEFAULT]\n"
      "controller = {}\n"
      "transport_url = {}\n"
      "service_password = {}\n",
      kind == HostKind::compute ? "compute" : "network",
      (host.https ? "https://" : "") + host.controller, transport_url,
      host.secrets.service_password);
  if (kind == HostKind::network)
    text += fmt::format("metadata_proxy_shared_secret = {}\n", host.secrets.metadata_secret);
  text +=
      "# The host's own address among the hosts; VXLAN tunnels end at it.\n"
      "my_ip =\n";
  if (!host.ca_file.empty())
    text += fmt::format("[keystone_authtoken]\n# Copy this file to the host, too.\ncafile = {}\n",
                        host.ca_file);
  return text;
}

std::string written_transport_url(const CommandLine& line) {
  if (const auto written = find_in_host_file(line, "DEFAULT", "transport_url")) return *written;
  return load_config(line, get_service("nova")).text("DEFAULT", "transport_url");
}

}  // namespace nephele
