#include "keystone/bootstrap.hpp"

#include <array>

#include "keystone/store/catalog.hpp"
#include "keystone/store/projects.hpp"
#include "keystone/store/roles.hpp"
#include "keystone/store/users.hpp"
#include "platform/crypto.hpp"

namespace keystone {
namespace {

using store::Project;
using store::Role;
using store::User;

constexpr std::string_view kDefaultDomain = "default";
constexpr std::string_view kImmutable = R"({"immutable":true})";

struct RoleRow {
  std::string_view name;
  std::string_view implies;
};
constexpr std::array kRoles{
    RoleRow{"reader", ""},
    RoleRow{"member", "reader"},
    RoleRow{"admin", "member"},
    RoleRow{"service", ""},
};

struct ServiceRow {
  std::string_view type;
  std::string_view name;
  std::string_view description;
};
constexpr std::array kServices{
    ServiceRow{"identity", "keystone", "Identity"},
    ServiceRow{"compute", "nova", "Compute"},
    ServiceRow{"image", "glance", "Image"},
    ServiceRow{"network", "neutron", "Networking"},
    ServiceRow{"volumev3", "cinderv3", "Block Storage"},
    ServiceRow{"block-storage", "cinder", "Block Storage"},
};

constexpr std::array<std::string_view, 4> kServiceUsers{"nova", "neutron", "glance", "cinder"};
constexpr std::array<std::string_view, 3> kInterfaces{"public", "internal", "admin"};

// One run within one transaction.
class Run {
 public:
  Run(platform::Session& session, platform::Random& random, base::TimePoint now)
      : session_(session), random_(random), now_(now) {}

  void domain() {
    if (store::find_by_id<Project>(session_, std::string(kDefaultDomain))) return;
    Project domain;
    domain.id = kDefaultDomain;
    domain.name = "Default";
    domain.description = "The default domain";
    domain.is_domain = true;
    platform::insert(session_, domain);
  }

  std::string project(std::string_view name, std::string_view description) {
    if (const auto found =
            store::find_project(session_, std::string(name), std::string(kDefaultDomain)))
      return found->id;
    Project project;
    project.id = random_.hex_id();
    project.domain_id = kDefaultDomain;
    project.name = name;
    project.parent_id = std::string(kDefaultDomain);
    project.description = description;
    platform::insert(session_, project);
    return project.id;
  }

  std::string role(const RoleRow& row) {
    const std::string id = role_id(row.name);
    if (row.implies.empty()) return id;
    const std::string implied = role_id(row.implies);
    const store::ImpliedRole rule{id, implied};
    if (!store::implies(session_, rule)) platform::insert(session_, rule);
    return id;
  }

  std::string role_id(std::string_view name) {
    if (const auto found = store::find_role(session_, std::string(name), "")) return found->id;
    Role role;
    role.id = random_.hex_id();
    role.name = name;
    role.options = kImmutable;
    platform::insert(session_, role);
    return role.id;
  }

  // `hash` is of the wanted password; empty: the password is right already.
  std::string user(std::string_view name, const std::string& hash) {
    auto found = store::find_user(session_, std::string(name), std::string(kDefaultDomain));
    if (!found) {
      found.emplace();
      found->id = random_.hex_id();
      found->domain_id = kDefaultDomain;
      found->name = name;
      found->created_at = now_;
      platform::insert(session_, *found);
    }
    if (hash.empty()) return found->id;
    store::delete_passwords_of_user(session_, found->id);
    store::Password password;
    password.id = random_.hex_id();
    password.user_id = found->id;
    password.hash = hash;
    password.created_at = now_;
    platform::insert(session_, password);
    return found->id;
  }

  void grant(const std::string& user_id, std::string_view target_type, std::string_view target_id,
             std::string_view role_name) {
    store::ensure_assignment(session_,
                             {std::string(store::kUserActor), user_id, std::string(target_type),
                              std::string(target_id), role_id(role_name), false});
  }

  void region(const std::string& id) {
    if (store::find_by_id<store::Region>(session_, id)) return;
    store::Region region;
    region.id = id;
    platform::insert(session_, region);
  }

  void service(const ServiceRow& row, const std::string& region, const std::string& url) {
    auto service = store::find_service(session_, std::string(row.type), std::string(row.name));
    if (!service) {
      service.emplace();
      service->id = random_.hex_id();
      service->type = row.type;
      service->name = row.name;
      service->extra = fmt::format(R"({{"description":"{}"}})", row.description);
      platform::insert(session_, *service);
    }
    for (const std::string_view interface : kInterfaces)
      endpoint(service->id, interface, region, url);
  }

 private:
  void endpoint(const std::string& service_id, std::string_view interface,
                const std::string& region, const std::string& url) {
    auto endpoint = store::find_endpoint(session_, service_id, std::string(interface), region);
    if (endpoint && endpoint->url == url) return;
    const bool is_new = !endpoint;
    if (is_new) {
      endpoint.emplace();
      endpoint->id = random_.hex_id();
      endpoint->service_id = service_id;
      endpoint->interface = interface;
      endpoint->region_id = region;
    }
    endpoint->url = url;
    if (is_new)
      platform::insert(session_, *endpoint);
    else
      platform::update(session_, *endpoint);
  }

  platform::Session& session_;
  platform::Random& random_;
  base::TimePoint now_;
};

// "" if the user has this password already. bcrypt costs a noticeable part of a second, and
// starting must be quick: verifying is skipped for all service users but the first.
std::string hash_if_changed(platform::Database& database, platform::Random& random,
                            std::string_view user_name, const std::string& password, int cost) {
  const auto current = database.read([&](platform::Session& session) {
    const auto user =
        store::find_user(session, std::string(user_name), std::string(kDefaultDomain));
    return user ? store::find_password(session, user->id) : std::optional<store::Password>();
  });
  if (current && platform::bcrypt_matches(password, current->hash)) return "";
  return platform::bcrypt_hash(password, cost, random);
}

// All service users have one password and, from here, one hash; a user that was added to the list
// later gets it too.
std::string service_hash(platform::Database& database, platform::Random& random,
                         const Bootstrap& wanted) {
  const bool complete = database.read([](platform::Session& session) {
    for (const std::string_view name : kServiceUsers)
      if (!store::find_user(session, std::string(name), std::string(kDefaultDomain))) return false;
    return true;
  });
  if (!complete)
    return platform::bcrypt_hash(wanted.service_password, wanted.password_cost, random);
  return hash_if_changed(database, random, kServiceUsers.front(), wanted.service_password,
                         wanted.password_cost);
}

}  // namespace

void bootstrap(platform::Database& database, platform::Runtime runtime, const Bootstrap& wanted) {
  const std::string admin_hash = hash_if_changed(database, runtime.random, "admin",
                                                 wanted.admin_password, wanted.password_cost);
  const std::string service_user_hash = service_hash(database, runtime.random, wanted);
  database.write("bootstrap", [&](platform::Session& session) {
    Run run(session, runtime.random, runtime.clock.now());
    run.domain();
    const std::string admin_project = run.project("admin", "Bootstrap project for the cloud.");
    const std::string service_project = run.project("service", "Users of the services.");
    for (const RoleRow& row : kRoles) (void)run.role(row);

    const std::string admin = run.user("admin", admin_hash);
    run.grant(admin, store::kProjectTarget, admin_project, "admin");
    run.grant(admin, store::kDomainTarget, kDefaultDomain, "admin");
    run.grant(admin, store::kSystemTarget, store::kSystemTargetId, "admin");
    for (const std::string_view name : kServiceUsers) {
      const std::string user = run.user(name, service_user_hash);
      run.grant(user, store::kProjectTarget, service_project, "service");
      run.grant(user, store::kProjectTarget, service_project, "admin");
    }

    run.region(wanted.region);
    for (const ServiceRow& row : kServices) {
      const auto url = wanted.public_urls.find(std::string(row.type));
      if (url != wanted.public_urls.end()) run.service(row, wanted.region, url->second);
    }
  });
}

}  // namespace keystone
