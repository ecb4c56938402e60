#include "invariants.hpp"

#include <fmt/core.h>

#include <array>
#include <set>

#include "base/text.hpp"
#include "neutron/messages.hpp"

namespace simulation {
namespace {

using Texts = std::vector<std::string>;
using Set = std::set<std::string>;

struct Scene {
  Cloud& cloud;
  const Ledger& ledger;
  Texts& wrong;
  const char* invariant;

  void report(std::string what) const { wrong.push_back(fmt::format("{}: {}", invariant, what)); }
  // Every row of the query is wrong.
  void none(const char* database, const std::string& what, const std::string& sql) const {
    for (const std::string& row : cloud.query(database, sql)) report(what + " " + row);
  }
  [[nodiscard]] Set set_of(const char* database, const std::string& sql) const {
    const Texts rows = cloud.query(database, sql);
    return {rows.begin(), rows.end()};
  }
};

// All of the one set are in the other.
void expect_all_in(const Scene& scene, const Set& one, const std::string& of_one, const Set& other,
                   const std::string& of_other) {
  for (const std::string& each : one)
    if (!other.contains(each)) scene.report(fmt::format("{} {}, not {}", of_one, each, of_other));
}

void expect_same(const Scene& scene, const Set& one, const std::string& of_one, const Set& other,
                 const std::string& of_other) {
  expect_all_in(scene, one, of_one, other, of_other);
  expect_all_in(scene, other, of_other, one, of_one);
}

void nothing_is_transitional(const Scene& scene) {
  scene.none("nova", "server",
             "SELECT id || ' ' || vm_state || '/' || task_state || ' on ' || host FROM instances "
             "WHERE deleted=0 AND (task_state<>'' OR operation_id<>'' OR vm_state='building')");
  scene.none("nova", "event without end",
             "SELECT e.id FROM instance_events e WHERE e.finished_at IS NULL AND NOT EXISTS "
             "(SELECT 1 FROM instances i WHERE i.operation_id=e.operation_id)");
  scene.none("glance", "image",
             "SELECT id || ' ' || status FROM images WHERE status IN ('saving','importing')");
  scene.none("glance", "task",
             "SELECT id || ' ' || status FROM tasks WHERE status IN ('pending','processing')");
  scene.none("nova", "image of a server that is not settled",
             "SELECT image_id || ' ' || server_id FROM server_images");
  scene.none("nova", "image of volumes that is not settled", "SELECT image_id FROM volume_images");
  scene.none("cinder", "image of a volume that is not settled",
             "SELECT image_id FROM image_uploads");
  scene.none("glance", "image of a server or volume",
             fmt::format("SELECT id || ' ' || status FROM images WHERE deleted=0 AND "
                         "status<>'active' AND name IN ('{}','{}')",
                         kImageOfServer, kImageOfVolume));
  scene.none("cinder", "volume",
             "SELECT id || ' ' || status FROM volumes WHERE operation_id<>'' OR status NOT IN "
             "('available','in-use','error','error_extending')");
  scene.none("cinder", "snapshot",
             "SELECT id || ' ' || status FROM snapshots WHERE operation_id<>'' OR status NOT IN "
             "('available','error')");
  for (const char* table : {"volume_groups", "group_snapshots"})
    scene.none("cinder", table,
               fmt::format("SELECT id || ' ' || status FROM {} WHERE operation_id<>'' OR status "
                           "NOT IN ('available','error')",
                           table));
  scene.none("cinder", "attachment",
             "SELECT volume_id || ' ' || server_id || ' ' || status FROM attachments WHERE "
             "status<>'attached'");
  scene.none("nova", "volume of a server",
             "SELECT volume_id || ' ' || server_id || ' ' || state FROM server_volumes WHERE "
             "state<>''");
  for (const char* database : {"nova", "neutron", "glance", "cinder"})
    scene.none(database, std::string(database) + " outbox", "SELECT topic FROM outbox");
}

void acknowledged(const Scene& scene, const std::map<std::string, Known>& things, const Set& all,
                  const char* what) {
  for (const auto& [id, known] : things) {
    const bool exists = all.contains(id);
    if (known.deleted && exists) scene.report(fmt::format("{} is not deleted: {}", what, id));
    if (!known.asked_to_delete && !exists)
      scene.report(fmt::format("{} is gone without being deleted: {}", what, id));
  }
}

void acknowledged_is_done(const Scene& scene) {
  acknowledged(scene, scene.ledger.servers,
               scene.set_of("nova", "SELECT id FROM instances WHERE deleted=0"), "server");
  acknowledged(scene, scene.ledger.ports, scene.set_of("neutron", "SELECT id FROM ports"), "port");
  acknowledged(scene, scene.ledger.images,
               scene.set_of("glance", "SELECT id FROM images WHERE deleted=0"), "image");
  acknowledged(scene, scene.ledger.volumes, scene.set_of("cinder", "SELECT id FROM volumes"),
               "volume");
  acknowledged(scene, scene.ledger.snapshots, scene.set_of("cinder", "SELECT id FROM snapshots"),
               "snapshot");
  acknowledged(scene, scene.ledger.groups, scene.set_of("cinder", "SELECT id FROM volume_groups"),
               "group");
  acknowledged(scene, scene.ledger.group_snapshots,
               scene.set_of("cinder", "SELECT id FROM group_snapshots"), "group snapshot");
}

void groups_have_their_volumes(const Scene& scene) {
  scene.none("cinder", "volume of a group that is gone",
             "SELECT id FROM volumes WHERE group_id<>'' AND group_id NOT IN (SELECT id FROM "
             "volume_groups)");
  scene.none("cinder", "volume that is not where its group is",
             "SELECT v.id FROM volumes v JOIN volume_groups g ON g.id=v.group_id WHERE v.pool<>'' "
             "AND v.pool<>g.pool");
  scene.none("cinder", "snapshot of a group snapshot that is gone",
             "SELECT id FROM snapshots WHERE group_snapshot_id<>'' AND group_snapshot_id NOT IN "
             "(SELECT id FROM group_snapshots)");
  scene.none("cinder", "group snapshot of a group that is gone",
             "SELECT id FROM group_snapshots WHERE group_id NOT IN (SELECT id FROM "
             "volume_groups)");
}

void images_have_their_bytes(const Scene& scene) {
  const ImageDirectory& store = scene.cloud.images();
  Set owned;
  for (const std::string& row :
       scene.cloud.query("glance",
                         "SELECT id || ' ' || size || ' ' || location FROM images "
                         "WHERE deleted=0 AND status='active'")) {
    const auto parts = base::split(row, ' ');
    const std::string name(parts[2].substr(parts[2].rfind('/') + 1));
    owned.insert(name);
    const auto file = store.files.find(name);
    if (file == store.files.end())
      scene.report("active image without bytes " + row);
    else if (std::to_string(file->second.size()) != parts[1])
      scene.report("image with other bytes " + row);
    const auto known = scene.ledger.images.find(std::string(parts[0]));
    if (known == scene.ledger.images.end() || file == store.files.end()) continue;
    const std::string& wanted =
        known->second.content.empty() ? known->second.imported : known->second.content;
    if (!wanted.empty() && file->second != wanted)
      scene.report("image without what was uploaded " + row);
  }
  for (const auto& [id, known] : scene.ledger.images)
    if (!known.content.empty() && !known.asked_to_delete &&
        scene.cloud
            .query("glance", "SELECT id FROM images WHERE status='active' AND id='" + id + "'")
            .empty())
      scene.report("acknowledged upload of an image that is not active " + id);
  for (const auto& [name, content] : store.files)
    if (!owned.contains(name)) scene.report("bytes without image " + name);
  for (const auto& [name, content] : store.parts) scene.report("part of an upload " + name);
}

void staged_bytes_have_images(const Scene& scene) {
  const ImageDirectory& staged = scene.cloud.staged();
  const Set wanted = scene.set_of(
      "glance", "SELECT staged_location FROM images WHERE deleted=0 AND staged_location<>''");
  Set found;
  for (const auto& [name, content] : staged.files) found.insert("staged://" + name);
  expect_same(scene, found, "staged", wanted, "to be imported");
  for (const auto& [name, content] : staged.parts) scene.report("part of what is staged " + name);
}

void claims_are_the_sum(const Scene& scene) {
  scene.none(
      "nova", "claim without its server",
      "SELECT a.instance_id || ' on ' || a.host FROM allocations a WHERE NOT EXISTS (SELECT 1 "
      "FROM instances i WHERE i.id=a.instance_id AND i.deleted=0 AND i.host=a.host AND "
      "i.vcpus=a.vcpus AND i.memory_mib=a.memory_mib AND i.disk_gib=a.disk_gib)");
  scene.none(
      "nova", "server without its claim",
      "SELECT i.id FROM instances i WHERE i.deleted=0 AND i.host<>'' AND NOT EXISTS (SELECT 1 "
      "FROM allocations a WHERE a.instance_id=i.id AND a.host=i.host)");
  scene.none(
      "nova", "host with more claims than room",
      "SELECT c.host FROM compute_nodes c WHERE c.memory_mib < (SELECT SUM(a.memory_mib) FROM "
      "allocations a WHERE a.host=c.host)");
}

void quotas_hold(const Scene& scene) {
  for (const char* project : kProjects) {
    const Answer answer = scene.cloud.send(project, kNova, "GET", "/v2.1/limits");
    if (answer.status != 200) continue;
    const base::Json& limits = answer.body.at("limits").at("absolute");
    const auto used = base::integer_or(limits, "totalInstancesUsed", -1);
    const auto most = base::integer_or(limits, "maxTotalInstances", -1);
    const auto rows = scene.cloud.query(
        "nova",
        fmt::format("SELECT COUNT(*) FROM instances WHERE deleted=0 AND project_id='{}'", project));
    if (std::to_string(used) != rows.front())
      scene.report(fmt::format("{} used, {} rows of {}", used, rows.front(), project));
    if (used > most) scene.report(fmt::format("{} used of {} by {}", used, most, project));
  }
}

// What the database says must be on a host.
struct Wanted {
  Set placed;   // "host id" of servers that are on a host
  Set defined;  // of these, those that have what a guest is made of
  // Of these, those that have a guest. A hypervisor knows a guest from its first start on: a server
  // that was rebuilt while it was stopped gets one when it is started.
  Set started;
  Set running;  // of these, those whose guest runs
};

Wanted wanted(const Scene& scene) {
  const std::string key = "SELECT host || ' ' || id FROM instances WHERE deleted=0 AND host<>''";
  return {scene.set_of("nova", key),
          scene.set_of("nova", key + " AND vm_state IN ('active','stopped','paused')"),
          scene.set_of("nova", key + " AND vm_state IN ('active','paused')"),
          scene.set_of("nova", key + " AND vm_state='active'")};
}

void check_host(const Scene& scene, const std::string& host, const Machine& machine,
                const Wanted& wanted) {
  const auto has_owner = [&](const char* what, const std::string& id) {
    if (!wanted.placed.contains(host + " " + id))
      scene.report(fmt::format("{} without owner on {}: {}", what, host, id));
  };
  for (const auto& [id, guest] : machine.guests->guests) has_owner("guest", id);
  for (const std::string& id : machine.disks->servers) has_owner("disk", id);
  for (const std::string& id : machine.disks->copies)
    scene.report(fmt::format("copy of a disk left on {}: {}", host, id));
  for (const auto& [name, id] : machine.interfaces->owners) has_owner("interface", id);
  for (const std::string& key : wanted.defined) {
    if (!key.starts_with(host + " ")) continue;
    const std::string id = key.substr(host.size() + 1);
    const auto guest = machine.guests->guests.find(id);
    if (guest == machine.guests->guests.end()) {
      if (wanted.started.contains(key)) scene.report("server without guest " + key);
    } else if ((guest->second.state == nova::drivers::PowerState::running) !=
               wanted.running.contains(key)) {
      scene.report("server whose guest is in another state " + key);
    }
    if (!machine.disks->servers.contains(id)) scene.report("server without disk " + key);
  }
}

void hosts_have_what_they_should(const Scene& scene) {
  const Wanted all = wanted(scene);
  Set running;
  for (const auto& [host, machine] : scene.cloud.machines()) {
    if (machine.gone) continue;
    check_host(scene, host, machine, all);
    for (const auto& [id, guest] : machine.guests->guests)
      if (!running.insert(id).second) scene.report("guest on two hosts " + id);
  }
}

// "port host" of every port that a server is to have.
void check_ports_of_servers(const Scene& scene) {
  for (const std::string& row : scene.cloud.query(
           "nova",
           "SELECT id || ' ' || host || ' ' || ports FROM instances WHERE deleted=0 AND "
           "vm_state IN ('active','stopped','paused')")) {
    const size_t first = row.find(' ');
    const size_t second = row.find(' ', first + 1);
    const std::string id = row.substr(0, first);
    const std::string host = row.substr(first + 1, second - first - 1);
    Set shown;
    for (const auto& port : base::from_json<std::vector<openstack::clients::Port>>(
             base::parse_json(row.substr(second + 1))))
      shown.insert(port.id);
    const std::string of_server = "FROM ports WHERE device_id='" + id + "'";
    for (const std::string& port : scene.set_of("neutron", "SELECT id " + of_server))
      if (!shown.contains(port)) scene.report("port that its server does not know " + port);
    const Set bound =
        scene.set_of("neutron", "SELECT id " + of_server + " AND host='" + host + "'");
    const auto machine = scene.cloud.machines().find(host);
    for (const std::string& port : shown) {
      const auto known = scene.ledger.ports.find(port);
      if (known != scene.ledger.ports.end() && known->second.asked_to_delete) continue;
      if (!bound.contains(port))
        scene.report(fmt::format("port of server {} on {} is not bound there: {}", id, host, port));
      if (machine == scene.cloud.machines().end() || machine->second.gone) continue;
      const auto& owners = machine->second.interfaces->owners;
      const auto tap = owners.find(neutron::tap_name(port));
      if (tap == owners.end() || tap->second != id)
        scene.report(fmt::format("server {} on {} without interface of {}", id, host, port));
    }
  }
}

void ports_have_owners(const Scene& scene) {
  const Set on_host = scene.set_of("nova", "SELECT id FROM instances WHERE deleted=0 AND host<>''");
  for (const std::string& row : scene.cloud.query(
           "neutron",
           "SELECT device_id || ' ' || id FROM ports WHERE device_owner LIKE 'compute:%'"))
    if (!on_host.contains(row.substr(0, row.find(' ')))) scene.report("port without server " + row);
  scene.none("neutron", "address without port",
             "SELECT ip_address FROM ip_allocations WHERE port_id NOT IN (SELECT id FROM ports)");
  check_ports_of_servers(scene);
}

void networks_are_served_once(const Scene& scene) {
  std::map<std::string, int> servers;
  for (const auto& [host, machine] : scene.cloud.machines())
    if (!machine.gone)
      for (const auto& [network, port] : *machine.dhcp) ++servers[network];
  for (const std::string& id : scene.cloud.query("neutron", "SELECT id FROM networks"))
    if (servers[id] != 1)
      scene.report(fmt::format("network {} has {} DHCP servers", id, servers[id]));
  scene.none("neutron", "DHCP port too many on",
             "SELECT network_id FROM ports WHERE device_owner='network:dhcp' GROUP BY network_id "
             "HAVING COUNT(*)>1");
}

// As large as the database says, and with the image's bytes where there was one.
void check_content(const Scene& scene, const Storage& storage, const std::string& here) {
  for (const std::string& row : scene.cloud.query(
           "cinder", "SELECT id || ' ' || size_gib || ' ' || (image_id<>'') FROM volumes" + here +
                         " AND status IN ('available','in-use')")) {
    const auto parts = base::split(row, ' ');
    const auto found = storage.items.find({cinder::drivers::Kind::volume, std::string(parts[0])});
    if (found == storage.items.end()) continue;  // told above
    const auto& content = found->second;
    if (std::to_string(content.size_gib) != parts[1])
      scene.report(fmt::format("volume of {} GiB in the storage: {}", content.size_gib, row));
    if (parts[2] == "1" && content.bytes != kImageBytes)
      scene.report("volume without its image's bytes " + row);
  }
}

void storage_has_what_it_should(const Scene& scene) {
  for (const auto& [host, storage] : scene.cloud.storages()) {
    const std::string here = fmt::format(" WHERE pool='{}@file#file'", host);
    Set items;
    for (const auto& [item, content] : storage->items) items.insert(item.id);
    Set rows = scene.set_of("cinder", "SELECT id FROM volumes" + here);
    rows.merge(scene.set_of("cinder", "SELECT id FROM snapshots" + here + " AND status<>'error'"));
    expect_same(scene, items, "in the storage", rows, "in the database");
    for (const auto& part : storage->parts) scene.report("piece of a volume " + part.id);
    check_content(scene, *storage, here);
    Set exports;
    for (const auto& [id, each] : storage->targets->exports) exports.insert(id);
    expect_same(
        scene, exports, "within reach",
        scene.set_of("cinder", "SELECT v.id FROM volumes v" + here +
                                   " AND EXISTS (SELECT 1 FROM attachments WHERE volume_id=v.id)"),
        "attached");
  }
}

// "volume server" of all that a hypervisor has attached, and of all that it should have.
void check_volumes_of_guests(const Scene& scene) {
  for (const std::string& row :
       scene.cloud.query("nova",
                         "SELECT id || ' ' || host FROM instances WHERE deleted=0 AND "
                         "vm_state IN ('active','paused')")) {
    const std::string id = row.substr(0, row.find(' '));
    const auto machine = scene.cloud.machines().find(row.substr(row.find(' ') + 1));
    if (machine == scene.cloud.machines().end() || machine->second.gone) continue;
    const auto guest = machine->second.guests->guests.find(id);
    if (guest == machine->second.guests->guests.end()) continue;  // told elsewhere
    const auto serials = nova::drivers::serials_of(guest->second.definition);
    expect_same(
        scene, Set(serials.begin(), serials.end()), "guest " + id + " has",
        scene.set_of("nova", "SELECT volume_id FROM server_volumes WHERE server_id='" + id + "'"),
        "server " + id + " has");
  }
}

void attachments_agree(const Scene& scene) {
  const std::string of_servers =
      "SELECT v.volume_id || ' ' || v.server_id FROM server_volumes v JOIN instances i ON "
      "i.id=v.server_id";
  const Set attached =
      scene.set_of("cinder", "SELECT volume_id || ' ' || server_id FROM attachments");
  expect_all_in(scene, attached, "attached in Cinder", scene.set_of("nova", of_servers), "in Nova");
  // What could not be built has given its volumes back, and keeps them in mind.
  expect_all_in(scene, scene.set_of("nova", of_servers + " WHERE i.vm_state<>'error'"),
                "attached in Nova", attached, "in Cinder");
  const Set volumes = scene.set_of("cinder", "SELECT volume_id FROM attachments");
  expect_all_in(scene, scene.set_of("cinder", "SELECT id FROM volumes WHERE status='in-use'"),
                "in use", volumes, "attached");
  // One that could not grow while it was in use says so, and still is.
  expect_all_in(
      scene, volumes, "attached",
      scene.set_of("cinder", "SELECT id FROM volumes WHERE status IN ('in-use','error_extending')"),
      "in use");
  scene.none("nova", "volume of a server that is gone",
             "SELECT volume_id || ' ' || server_id FROM server_volumes WHERE server_id NOT IN "
             "(SELECT id FROM instances WHERE deleted=0)");
  scene.none("cinder", "volume that came with a server that is gone",
             std::string("SELECT id FROM volumes WHERE status<>'in-use' AND name<>'") + kOwnVolume +
                 "' AND NOT EXISTS (SELECT 1 FROM snapshots WHERE volume_id=volumes.id)");
  check_volumes_of_guests(scene);
}

// Of images of servers that boot from volumes: theirs are called "snapshot for" and their name.
void snapshots_have_images(const Scene& scene) {
  const Set images = scene.set_of("glance", "SELECT id FROM images WHERE status='active'");
  for (const std::string& row : scene.cloud.query(
           "cinder",
           "SELECT id || ' ' || metadata FROM snapshots WHERE name LIKE 'snapshot for%'")) {
    const base::Json metadata = base::parse_json(row.substr(row.find(' ')));
    if (!images.contains(base::text_or(metadata, "image_id")))
      scene.report("snapshot of an image that was not made " + row);
  }
}

// Who could not start when all was well again does no work, whatever the rest looks like.
void processes_live(const Scene& scene) {
  for (const auto& process : scene.cloud.processes()) {
    const auto machine = scene.cloud.machines().find(process->host);
    const bool gone = machine != scene.cloud.machines().end() && machine->second.gone;
    if (!gone && process->process->killed()) scene.report("dead: " + process->name);
  }
}

void projects_see_their_own(const Scene& scene) {
  for (const std::string& what : scene.ledger.seen_of_others) scene.report(what);
}

void nothing_is_given_up(const Scene& scene) {
  for (const std::string& letter : scene.cloud.simulation().dead_letters()) scene.report(letter);
}

struct Invariant {
  const char* name;
  void (*check)(const Scene&);
};
constexpr std::array kInvariants{
    Invariant{"0 processes live", processes_live},
    Invariant{"1 nothing transitional", nothing_is_transitional},
    Invariant{"2 acknowledged is done", acknowledged_is_done},
    Invariant{"2 groups have their volumes", groups_have_their_volumes},
    Invariant{"2 images have their bytes", images_have_their_bytes},
    Invariant{"2 staged bytes have images", staged_bytes_have_images},
    Invariant{"3 claims are the sum of servers", claims_are_the_sum},
    Invariant{"3 quotas count rows", quotas_hold},
    Invariant{"4,5 hosts have what they should", hosts_have_what_they_should},
    Invariant{"4 ports have owners", ports_have_owners},
    Invariant{"4 networks are served once", networks_are_served_once},
    Invariant{"4,5 storage has what it should", storage_has_what_it_should},
    Invariant{"4 attachments agree", attachments_agree},
    Invariant{"4 snapshots have images", snapshots_have_images},
    Invariant{"6 projects see their own", projects_see_their_own},
    Invariant{"no message is given up", nothing_is_given_up},
};

}  // namespace

std::vector<std::string> violations(Cloud& cloud, const Ledger& ledger) {
  Texts wrong;
  for (const Invariant& invariant : kInvariants)
    invariant.check({cloud, ledger, wrong, invariant.name});
  return wrong;
}

}  // namespace simulation
