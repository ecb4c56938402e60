// A listener in each network's namespace: the socket says which network asks, its peer address
// which port. Nothing that a guest sends can claim to be another (no header is trusted).
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "neutron/agents/dhcp_namespace.hpp"
#include "neutron/agents/directory_watch.hpp"
#include "neutron/agents/plugin.hpp"
#include "neutron/agents/service.hpp"
#include "platform/crypto.hpp"
#include "platform/http/server.hpp"
#include "platform/log.hpp"

namespace neutron::agents {
namespace {

using platform::http::Request;
using platform::http::Response;

constexpr uint16_t kPort = 80;

[[noreturn]] void fail(const std::string& what) {
  throw base::Error(base::ErrorKind::unavailable, "The metadata address can not be served.",
                    fmt::format("{}: {}", what, std::strerror(errno)));
}

// A listening socket on 169.254.169.254:80 inside the namespace; the thread comes back from it.
int listen_in_namespace(const std::string& name) {
  const int home = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) fail("open own namespace");
  base::ScopeExit close_home([&] { ::close(home); });
  const int there = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (there < 0) fail("open " + name);
  base::ScopeExit close_there([&] { ::close(there); });
  if (::setns(there, CLONE_NEWNET) != 0) fail("enter " + name);
  base::ScopeExit come_back([&] {
    // A thread lost in a guest's network must not go on.
    if (::setns(home, CLONE_NEWNET) != 0) std::abort();
  });
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  base::ScopeExit close_socket([&] { ::close(descriptor); });
  const int yes = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  ::inet_pton(AF_INET, "169.254.169.254", &address.sin_addr);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("bind in " + name);
  if (::listen(descriptor, 128) != 0) fail("listen in " + name);
  close_socket.release();
  return descriptor;
}

Response plain(int status, std::string text) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=UTF-8");
  response.body = std::move(text);
  return response;
}

platform::http::ServerOptions server_options() {
  platform::http::ServerOptions options;
  options.workers = 4;
  options.stream_workers = 1;
  return options;
}

// One server for all networks: a network costs a socket, not threads.
class MetadataAgent final : public openstack::Role {
 public:
  explicit MetadataAgent(openstack::RoleEnvironment environment)
      : environment_(environment),
        plugin_(environment.bus, environment.runtime),
        directory_(dhcp_place(environment.config).directory),
        watch_(directory_),
        server_(server_options()),
        loop_(environment, describe(), [this] { return look(); }),
        watching_(environment.runtime.executor.start("namespace watch", [this] { watch(); })) {}

  ~MetadataAgent() override { ending_ = true; }

 private:
  // The namespace is the same as long as its inode is: a new one needs a new listener.
  struct Listener {
    ino_t inode = 0;
    uint64_t adopted = 0;
  };

  static AgentDescription describe() {
    return {"neutron-metadata-agent", std::string(kMetadataAgentType), base::JsonObject{}, false};
  }

  // Networks come without a word from the server: the DHCP agent makes their namespaces, a moment
  // after their directories.
  void watch() {
    while (!ending_)
      if (watch_.wait(std::chrono::milliseconds{500}) || incomplete_) loop_.wake();
  }

  std::vector<std::string> look() {
    std::set<std::string> wanted;
    bool incomplete = false;
    for (const std::string& network_id : list_dhcp_networks(directory_)) {
      wanted.insert(network_id);
      try {
        ensure_listener(network_id);
      } catch (const base::Error& error) {
        incomplete = true;
        platform::log_debug("metadata not served yet network={} error={}", network_id,
                            error.what());
      }
    }
    for (auto item = listeners_.begin(); item != listeners_.end();) {
      if (wanted.contains(item->first)) {
        ++item;
        continue;
      }
      server_.release(item->second.adopted);
      item = listeners_.erase(item);
    }
    incomplete_ = incomplete;
    return {};
  }

  void ensure_listener(const std::string& network_id) {
    const std::string name = dhcp_namespace_name(network_id);
    struct stat status{};
    if (::stat(("/run/netns/" + name).c_str(), &status) != 0) fail("look at " + name);
    Listener& listener = listeners_[network_id];
    if (listener.inode == status.st_ino) return;
    if (listener.adopted != 0) server_.release(listener.adopted);
    listener = {};
    listener.adopted =
        server_.adopt(listen_in_namespace(name),
                      [this, network_id](Request& request) { return answer(network_id, request); });
    listener.inode = status.st_ino;
  }

  Response answer(const std::string& network_id, const Request& request) {
    try {
      const MetadataPort port = plugin_.call(
          GetMetadataPort{environment_.runtime.host, network_id, request.peer_address});
      if (!port.found || port.server_id.empty()) return plain(404, "404 Not Found");
      return ask_nova(port, request);
    } catch (const base::Error& error) {
      platform::log_error("metadata request failed network={} address={} error={}", network_id,
                          request.peer_address, error.what());
      return plain(503, "503 Service Unavailable");
    }
  }

  Response ask_nova(const MetadataPort& port, const Request& request) {
    const platform::Config& config = environment_.config;
    Request forwarded;
    forwarded.method = request.method;
    forwarded.path = request.path;
    forwarded.query_text = request.query_text;
    forwarded.body = request.body;
    forwarded.headers.set("X-Instance-ID", port.server_id);
    forwarded.headers.set("X-Tenant-ID", port.project_id);
    forwarded.headers.set("X-Forwarded-For", request.peer_address);
    forwarded.headers.set(
        "X-Instance-ID-Signature",
        base::to_hex(platform::hmac_sha256(config.text("DEFAULT", "metadata_proxy_shared_secret"),
                                           port.server_id)));
    return environment_.transport.send(config.text("DEFAULT", "nova_metadata_url"),
                                       std::move(forwarded), std::chrono::seconds{30});
  }

  openstack::RoleEnvironment environment_;
  Plugin plugin_;
  std::string directory_;
  DirectoryWatch watch_;
  platform::http::Server server_;
  std::map<std::string, Listener> listeners_;
  std::atomic<bool> incomplete_ = false;
  std::atomic<bool> ending_ = false;
  AgentLoop loop_;
  std::unique_ptr<platform::Task> watching_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_metadata_agent(openstack::RoleEnvironment environment) {
  return std::make_unique<MetadataAgent>(environment);
}

}  // namespace neutron::agents
