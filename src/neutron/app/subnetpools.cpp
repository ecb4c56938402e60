#include "neutron/app/subnetpools.hpp"

#include <algorithm>

#include "neutron/app/quotas.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/ip.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {
namespace {

using store::SubnetPoolRow;

std::vector<Cidr> parse_prefixes(const std::string& json) {
  std::vector<Cidr> prefixes;
  for (const base::Json& item : store::parse_list(json))
    if (const auto cidr = parse_cidr(std::string_view(item.as_string()))) prefixes.push_back(*cidr);
  return prefixes;
}

// Sorted, without those inside others.
std::string compact(const std::vector<Cidr>& prefixes) {
  std::vector<Cidr> sorted = prefixes;
  std::sort(sorted.begin(), sorted.end(), [](const Cidr& a, const Cidr& b) {
    return a.address != b.address ? a.address < b.address : a.prefix < b.prefix;
  });
  base::JsonArray result;
  std::optional<Cidr> last;
  for (const Cidr& cidr : sorted) {
    if (last && last->contains(cidr)) continue;
    result.emplace_back(to_text(cidr));
    last = cidr;
  }
  return base::to_text(result);
}

void read_prefixes(SubnetPoolRow& pool, const Attributes& request) {
  if (!has(request, "prefixes")) return;
  const auto prefixes = parse_prefixes(list_text(request, "prefixes"));
  if (prefixes.empty())
    throw bad_request("EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.");
  for (const Cidr& cidr : prefixes)
    if (cidr.address.version != prefixes.front().address.version)
      throw bad_request("PrefixVersionMismatch",
                        "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.");
  pool.ip_version = prefixes.front().address.version;
  pool.prefixes = compact(prefixes);
}

void check_lengths(const SubnetPoolRow& pool) {
  const int64_t bits = pool.ip_version == 4 ? 32 : 128;
  if (pool.max_prefixlen > bits)
    throw bad_request("IllegalSubnetPoolPrefixBounds",
                      "Illegal prefix bounds: max_prefixlen={}, wildcard={}.", pool.max_prefixlen,
                      bits);
  if (pool.min_prefixlen > pool.max_prefixlen)
    throw bad_request("IllegalSubnetPoolPrefixBounds",
                      "Illegal prefix bounds: min_prefixlen={}, max_prefixlen={}.",
                      pool.min_prefixlen, pool.max_prefixlen);
  if (pool.default_prefixlen < pool.min_prefixlen)
    throw bad_request("IllegalSubnetPoolPrefixBounds",
                      "Illegal prefix bounds: min_prefixlen={}, default_prefixlen={}.",
                      pool.min_prefixlen, pool.default_prefixlen);
  if (pool.default_prefixlen > pool.max_prefixlen)
    throw bad_request("IllegalSubnetPoolPrefixBounds",
                      "Illegal prefix bounds: default_prefixlen={}, max_prefixlen={}.",
                      pool.default_prefixlen, pool.max_prefixlen);
}

void check_default(platform::Session& session, const SubnetPoolRow& pool) {
  if (!pool.is_default) return;
  if (platform::number(session,
                       "SELECT COUNT(*) FROM subnetpools WHERE is_default=1 AND ip_version=? AND"
                       " id<>?",
                       {pool.ip_version, pool.id}) > 0)
    throw invalid_input(fmt::format(
        "A default subnetpool for this IP family has already been set. Only one default may exist "
        "per IP family"));
}

void check_scope(platform::Session& session, const openstack::Context& context,
                 const SubnetPoolRow& pool) {
  if (pool.address_scope_id.empty()) return;
  const auto scopes = store::select_list<store::AddressScopeRow>(
      session, by_id(visible_address_scopes(context), pool.address_scope_id));
  if (scopes.empty()) throw address_scope_not_found(pool.address_scope_id);
  if (scopes.front().ip_version != pool.ip_version)
    throw bad_request("IllegalSubnetPoolIpVersionAssociation",
                      "Illegal subnetpool association: subnetpool {} cannot be associated with "
                      "address scope {} because subnetpool ip_version is not {}.",
                      pool.id, pool.address_scope_id, scopes.front().ip_version);
  // Within a scope an address means one thing.
  const auto own = parse_prefixes(pool.prefixes);
  for (const auto& other : platform::select<SubnetPoolRow>(
           session, "WHERE address_scope_id=? AND id<>?", {pool.address_scope_id, pool.id}))
    for (const Cidr& theirs : parse_prefixes(other.prefixes))
      for (const Cidr& ours : own)
        if (ours.overlaps(theirs))
          throw conflict("AddressScopePrefixConflict",
                         "Failed to associate address scope: subnetpools within an address scope "
                         "must have unique prefixes.");
}

std::vector<Cidr> taken_prefixes(platform::Session& session, const std::string& pool_id) {
  std::vector<Cidr> taken;
  session.query("SELECT cidr FROM subnets WHERE subnetpool_id=?", {pool_id},
                [&](const platform::SqlRow& row) {
                  if (const auto cidr = parse_cidr(row.text(0))) taken.push_back(*cidr);
                });
  return taken;
}

// In units of the pool's quota: addresses in IPv4, /64 networks in IPv6.
int64_t quota_units(const Cidr& cidr) {
  const int host_bits = (cidr.address.version == 4 ? 32 : 64) - cidr.prefix;
  if (host_bits < 0) return 1;
  return host_bits >= 62 ? int64_t{1} << 62 : int64_t{1} << host_bits;
}

void check_pool_quota(platform::Session& session, const SubnetPoolRow& pool,
                      const std::string& project_id, const Cidr& added) {
  if (!pool.default_quota) return;
  int64_t used = quota_units(added);
  session.query("SELECT cidr FROM subnets WHERE subnetpool_id=? AND project_id=?",
                {pool.id, project_id}, [&](const platform::SqlRow& row) {
                  if (const auto cidr = parse_cidr(row.text(0))) used += quota_units(*cidr);
                });
  if (used > *pool.default_quota)
    throw conflict("SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.");
}

std::optional<Cidr> first_free(const SubnetPoolRow& pool, std::vector<Cidr> taken, int length) {
  std::sort(taken.begin(), taken.end(),
            [](const Cidr& a, const Cidr& b) { return a.address < b.address; });
  for (const Cidr& prefix : parse_prefixes(pool.prefixes)) {
    if (length < prefix.prefix) continue;
    const IpNumber step = IpNumber{1} << (prefix.bits() - length);
    Cidr candidate{prefix.address, length};
    for (const Cidr& other : taken) {
      if (!candidate.overlaps(other)) continue;
      // Beyond the end of what is in the way, rounded up to the candidate's size.
      candidate.address.number = (other.last().number / step + 1) * step;
    }
    if (prefix.contains(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::optional<SubnetPoolRow> find_pool_for(platform::Session& session,
                                           const openstack::Context& context,
                                           const Attributes& request, int64_t ip_version) {
  const std::string id = text(request, "subnetpool_id");
  if (!id.empty()) {
    const auto pools =
        store::select_list<SubnetPoolRow>(session, by_id(visible_subnetpools(context), id));
    if (pools.empty()) throw subnetpool_not_found(id);
    if (has(request, "ip_version") && pools.front().ip_version != ip_version)
      throw bad_request("BadRequest",
                        "Bad subnets request: Cannot allocate IPv{} subnet from IPv{} subnet pool.",
                        ip_version, pools.front().ip_version);
    return pools.front();
  }
  if (!flag(request, "use_default_subnetpool")) return std::nullopt;
  const auto pool =
      platform::find<SubnetPoolRow>(session, "WHERE is_default=1 AND ip_version=?", {ip_version});
  if (!pool)
    throw bad_request("BadRequest", "Bad subnets request: No default subnetpool found for IPv{}.",
                      ip_version);
  return pool;
}

std::string allocate_from_pool(Core& /*core*/, platform::Session& session,
                               const SubnetPoolRow& pool, const std::string& asked_cidr,
                               std::optional<int64_t> prefix_length,
                               const std::string& project_id) {
  const auto taken = taken_prefixes(session, pool.id);
  const auto asked = parse_cidr(asked_cidr);
  const int64_t length = asked ? asked->prefix : prefix_length.value_or(pool.default_prefixlen);
  if (length < pool.min_prefixlen)
    throw bad_request("MinPrefixSubnetAllocationError",
                      "Unable to allocate subnet with prefix length {}, minimum allowed prefix is "
                      "{}.",
                      length, pool.min_prefixlen);
  if (length > pool.max_prefixlen)
    throw bad_request("MaxPrefixSubnetAllocationError",
                      "Unable to allocate subnet with prefix length {}, maximum allowed prefix is "
                      "{}.",
                      length, pool.max_prefixlen);
  std::optional<Cidr> chosen;
  if (asked) {
    const auto prefixes = parse_prefixes(pool.prefixes);
    const bool inside = std::any_of(prefixes.begin(), prefixes.end(),
                                    [&](const Cidr& cidr) { return cidr.contains(*asked); });
    const bool free = std::none_of(taken.begin(), taken.end(),
                                   [&](const Cidr& cidr) { return cidr.overlaps(*asked); });
    if (!inside || !free)
      throw bad_request("SubnetAllocationError",
                        "Failed to allocate subnet: Cannot allocate requested subnet from the "
                        "available set of prefixes.");
    chosen = asked;
  } else {
    chosen = first_free(pool, taken, static_cast<int>(length));
  }
  if (!chosen)
    throw bad_request(
        "SubnetAllocationError",
        "Failed to allocate subnet: Insufficient prefix space to allocate subnet size "
        "/{}.",
        length);
  check_pool_quota(session, pool, project_id, *chosen);
  return to_text(*chosen);
}

std::vector<SubnetPoolRow> SubnetPools::list(const openstack::Context& /*context*/,
                                             const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::select_list<SubnetPoolRow>(session, query);
  });
}

SubnetPoolRow SubnetPools::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_subnetpools(context), id));
  if (found.empty()) throw subnetpool_not_found(id);
  return std::move(found.front());
}

std::vector<SubnetPoolRow> SubnetPools::create(const openstack::Context& context,
                                               const std::vector<Attributes>& requests) {
  return core_.write("create_subnetpool", [&](platform::Session& session, Changes&) {
    std::vector<SubnetPoolRow> created;
    for (const Attributes& request : requests) {
      SubnetPoolRow pool;
      pool.id = core_.new_id();
      pool.project_id = text(request, "project_id");
      pool.name = text(request, "name");
      pool.description = text(request, "description");
      read_prefixes(pool, request);
      pool.min_prefixlen =
          integer(request, "min_prefixlen").value_or(pool.ip_version == 4 ? 8 : 64);
      pool.max_prefixlen =
          integer(request, "max_prefixlen").value_or(pool.ip_version == 4 ? 32 : 128);
      pool.default_prefixlen = integer(request, "default_prefixlen").value_or(pool.min_prefixlen);
      pool.default_quota = integer(request, "default_quota");
      pool.address_scope_id = text(request, "address_scope_id");
      pool.shared = flag(request, "shared");
      pool.is_default = flag(request, "is_default");
      pool.created_at = pool.updated_at = core_.now();
      check_lengths(pool);
      check_default(session, pool);
      check_scope(session, context, pool);
      check_quota(core_, session, pool.project_id, "subnetpool");
      platform::insert(session, pool);
      created.push_back(pool);
    }
    return created;
  });
}

SubnetPoolRow SubnetPools::update(const openstack::Context& context, const std::string& id,
                                  const Attributes& changes, const Precondition& precondition) {
  return core_.write("update_subnetpool", [&](platform::Session& session, Changes&) {
    auto pool = platform::find<SubnetPoolRow>(session, "WHERE id=?", {id});
    if (!pool) throw subnetpool_not_found(id);
    check_revision(precondition, pool->revision_number);
    const auto before = parse_prefixes(pool->prefixes);
    assign(pool->name, changes, "name");
    assign(pool->description, changes, "description");
    assign(pool->is_default, changes, "is_default");
    assign(pool->address_scope_id, changes, "address_scope_id");
    read_prefixes(*pool, changes);
    const auto after = parse_prefixes(pool->prefixes);
    for (const Cidr& former : before)
      if (std::none_of(after.begin(), after.end(),
                       [&](const Cidr& cidr) { return cidr.contains(former); }))
        throw bad_request("IllegalSubnetPoolPrefixUpdate",
                          "Illegal update to prefixes: Existing prefixes must be a subset of the "
                          "new prefixes.");
    pool->min_prefixlen = integer(changes, "min_prefixlen").value_or(pool->min_prefixlen);
    pool->max_prefixlen = integer(changes, "max_prefixlen").value_or(pool->max_prefixlen);
    pool->default_prefixlen =
        integer(changes, "default_prefixlen").value_or(pool->default_prefixlen);
    if (has(changes, "default_quota")) pool->default_quota = integer(changes, "default_quota");
    check_lengths(*pool);
    check_default(session, *pool);
    check_scope(session, context, *pool);
    ++pool->revision_number;
    pool->updated_at = core_.now();
    platform::update(session, *pool);
    return *pool;
  });
}

void SubnetPools::remove(const openstack::Context& /*context*/, const std::string& id,
                         const Precondition& precondition) {
  core_.write("delete_subnetpool", [&](platform::Session& session, Changes&) {
    const auto pool = platform::find<SubnetPoolRow>(session, "WHERE id=?", {id});
    if (!pool) throw subnetpool_not_found(id);
    check_revision(precondition, pool->revision_number);
    if (!taken_prefixes(session, id).empty())
      throw conflict("SubnetPoolDeleteError",
                     "Unable to delete subnet pool: Subnet pool has existing allocations.");
    store::delete_rbac_policies(session, id);
    session.execute("DELETE FROM subnetpools WHERE id=?", {id});
  });
}

}  // namespace neutron::app
