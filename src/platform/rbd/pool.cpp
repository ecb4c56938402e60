#include "platform/rbd/pool.hpp"

#include <bit>
#include <cerrno>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/rbd/connection.hpp"

namespace platform::rbd {
namespace {

// "192.0.2.1:6789/0", "[2001:db8::1]:3300/0".
Monitor parse_address(std::string_view text) {
  text = text.substr(0, text.rfind('/'));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {std::string(text), ""};
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(text.substr(colon + 1))};
}

int64_t bytes_of(const base::Json& stats, std::string_view name) {
  return base::integer_or(stats, name, 0);
}

// Longer than a host stands still and wakes up again. A client that starts anew has another name.
constexpr uint32_t kShutOutSeconds = 7 * 24 * 3600;

}  // namespace

std::string host_of(const std::string& client) { return parse_address(client).host; }

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}
Pool::~Pool() = default;

std::shared_ptr<Connection> Pool::connection() {
  const std::lock_guard lock(mutex_);
  if (!connection_) connection_ = std::make_shared<Connection>(options_);
  return connection_;
}

std::string Pool::fsid() { return connection()->fsid(); }

std::vector<Monitor> Pool::monitors() {
  const base::Json answer = connection()->ask("mon dump");
  std::vector<Monitor> monitors;
  if (const base::Json* all = base::find(answer, "mons"))
    for (const base::Json& each : all->as_array())
      monitors.push_back(parse_address(base::text_or(each, "addr")));
  return monitors;
}

PoolUsage Pool::usage() {
  const base::Json answer = connection()->ask("df");
  if (const base::Json* pools = base::find(answer, "pools"))
    for (const base::Json& each : pools->as_array())
      if (const base::Json* stats = base::find(each, "stats");
          stats && base::text_or(each, "name") == options_.pool)
        return {bytes_of(*stats, "stored"), bytes_of(*stats, "max_avail")};
  // A manager tells the monitors.
  throw base::Error(base::ErrorKind::unavailable,
                    "Ceph does not know how full the pool " + options_.pool +
                        " is: see whether a manager runs (ceph mgr stat).");
}

std::vector<std::string> Pool::list() {
  const auto ceph = connection();
  size_t room = 64;
  std::vector<rbd_image_spec_t> found;
  int result = 0;
  do {  // -ERANGE: `room` says how many there are
    found.resize(room);
    result = library().rbd_list2(ceph->pool(), found.data(), &room);
  } while (result == -ERANGE);
  ceph->check(result, "list", "");
  std::vector<std::string> names;
  for (size_t i = 0; i < room; ++i) names.emplace_back(found[i].name);
  library().rbd_image_spec_list_cleanup(found.data(), room);
  return names;
}

bool Pool::has(const std::string& name) {
  try {
    static_cast<void>(open(name, Access::read));
    return true;
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::not_found) return false;
    throw;
  }
}

Image Pool::open(const std::string& name, Access access, const std::string& snapshot) {
  return {connection(), name, access, snapshot};
}

void Pool::create(const std::string& name, uint64_t bytes, uint64_t object_bytes) {
  const auto ceph = connection();
  rbd_image_options_t options = nullptr;
  library().rbd_image_options_create(&options);
  const base::ScopeExit destroy([&] { library().rbd_image_options_destroy(options); });
  const auto order = static_cast<uint64_t>(std::bit_width(object_bytes) - 1);
  ceph->check(library().rbd_image_options_set_uint64(options, RBD_IMAGE_OPTION_ORDER, order),
              "set the object size of", name);
  ceph->check(library().rbd_create4(ceph->pool(), name.c_str(), bytes, options), "create", name);
}

void Pool::clone(const Parent& parent, const std::string& name) {
  const auto ceph = connection();
  rados_ioctx_t other = nullptr;
  const base::ScopeExit close([&] {
    if (other) library().rados_ioctx_destroy(other);
  });
  if (!parent.pool.empty())
    ceph->check(library().rados_ioctx_create(ceph->cluster(), parent.pool.c_str(), &other),
                "open the pool of", parent.pool + "/" + parent.image);
  rbd_image_options_t options = nullptr;
  library().rbd_image_options_create(&options);
  const base::ScopeExit destroy([&] { library().rbd_image_options_destroy(options); });
  ceph->check(library().rbd_clone3(other ? other : ceph->pool(), parent.image.c_str(),
                                   parent.snapshot.c_str(), ceph->pool(), name.c_str(), options),
              "clone", parent.image);
}

void Pool::rename(const std::string& from, const std::string& to) {
  const auto ceph = connection();
  ceph->check(library().rbd_rename(ceph->pool(), from.c_str(), to.c_str()), "rename", from);
}

void Pool::remove(const std::string& name) {
  const auto ceph = connection();
  ceph->check(library().rbd_remove(ceph->pool(), name.c_str()), "remove", name);
}

void Pool::shut_out(const std::string& client) {
  const auto ceph = connection();
  std::string address = client;
  ceph->check(library().rados_blocklist_add(ceph->cluster(), address.data(), kShutOutSeconds),
              "shut out a client of", client);
}

}  // namespace platform::rbd
