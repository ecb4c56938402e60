#include "users.hpp"

#include <fmt/core.h>

#include <array>

namespace simulation {
namespace {

constexpr int kTries = 4;
// That volumes have if nothing is said.
constexpr const char* kVolumeType = "__DEFAULT__";

struct Deed {
  int weight;
  void (User::*act)();
};
constexpr std::array kDeeds{
    Deed{30, &User::create_server},        Deed{8, &User::create_with_own_port},
    Deed{12, &User::create_several},       Deed{20, &User::delete_server},
    Deed{8, &User::delete_server_twice},   Deed{25, &User::change_power},
    Deed{5, &User::reboot_twice},          Deed{6, &User::rebuild},
    Deed{8, &User::make_image_of_server},  Deed{8, &User::create_port},
    Deed{6, &User::delete_port},           Deed{8, &User::create_image},
    Deed{6, &User::delete_image},          Deed{6, &User::look_around},
    Deed{8, &User::import_image},          Deed{14, &User::create_volume},
    Deed{8, &User::delete_volume},         Deed{5, &User::extend_volume},
    Deed{10, &User::make_image_of_volume}, Deed{8, &User::revert_volume},
    Deed{6, &User::create_snapshot},       Deed{4, &User::delete_snapshot},
    Deed{16, &User::use_groups},           Deed{14, &User::attach_volume},
    Deed{8, &User::detach_volume},         Deed{6, &User::create_server_on_volume},
};

constexpr std::array kPowerChanges{
    R"({"os-stop":null})",           R"({"os-start":null})", R"({"reboot":{"type":"SOFT"}})",
    R"({"reboot":{"type":"HARD"}})", R"({"pause":null})",    R"({"unpause":null})",
};

}  // namespace

void User::act() {
  int total = 0;
  for (const Deed& deed : kDeeds) total += deed.weight;
  auto left = static_cast<int>(choose(static_cast<uint64_t>(total)));
  for (const Deed& deed : kDeeds) {
    left -= deed.weight;
    if (left < 0) return (this->*deed.act)();
  }
}

std::string User::choose_from(const Things& things) {
  std::vector<std::string> own;
  for (const auto& [id, known] : things)
    if (known.project == project_ && !known.deleted) own.push_back(id);
  return own.empty() ? std::string() : own[choose(own.size())];
}

Answer User::insist(const char* url_base, const char* method, const std::string& target,
                    const base::Json& body) {
  Answer answer;
  for (int i = 0; i < kTries; ++i) {
    answer = send(url_base, method, target, body);
    if (!answer.unknown()) break;
    cloud_.sleep(std::chrono::milliseconds{choose(3000)});
  }
  return answer;
}

std::string User::create(const base::JsonObject& extra, const base::Json& networks) {
  base::JsonObject server{{"imageRef", setting_.image_id}, {"networks", networks}};
  for (const auto& [key, value] : extra) server[key] = value;
  return create(std::move(server));
}

std::string User::create(base::JsonObject server) {
  server["name"] = fmt::format("u{}-{}", number_, names_++);
  server["flavorRef"] = setting_.flavor_id;
  const Answer answer =
      insist(kNova, "POST", "/v2.1/servers", base::JsonObject{{"server", server}});
  if (answer.status != 202) return {};
  const std::string id = base::get_text(answer.body.at("server"), "id");
  ledger_.servers[id].project = project_;
  return id;
}

void User::create_server() {
  create({}, base::JsonArray{base::JsonObject{{"uuid", setting_.network_id}}});
}

void User::create_several() {
  const auto most = static_cast<int64_t>(2 + choose(3));
  create({{"min_count", 1 + static_cast<int64_t>(choose(2))}, {"max_count", most}},
         base::JsonArray{base::JsonObject{{"uuid", setting_.network_id}}});
  learn(kNova, "/v2.1/servers", "servers", nullptr, &ledger_.servers);
}

void User::create_with_own_port() {
  if (choose(2) == 0 || choose_from(ledger_.ports).empty()) create_port();
  const std::string port = choose_from(ledger_.ports);
  if (!port.empty()) create({}, base::JsonArray{base::JsonObject{{"port", port}}});
}

void User::remove(const char* url_base, const std::string& target, Known& known) {
  known.asked_to_delete = true;
  const Answer answer = insist(url_base, "DELETE", target);
  if (answer.status == 204 || answer.status == 202 || answer.status == 404) known.deleted = true;
}

void User::delete_server() {
  const std::string id = choose_from(ledger_.servers);
  if (!id.empty()) remove(kNova, "/v2.1/servers/" + id, ledger_.servers[id]);
}

void User::delete_server_twice() {
  const std::string id = choose_from(ledger_.servers);
  if (id.empty()) return;
  ledger_.servers[id].asked_to_delete = true;
  const auto other = cloud_.start_user("second delete", [this, id] {
    static_cast<void>(send(kNova, "DELETE", "/v2.1/servers/" + id));
  });
  remove(kNova, "/v2.1/servers/" + id, ledger_.servers[id]);
}

void User::change_power() {
  const std::string id = choose_from(ledger_.servers);
  if (id.empty()) return;
  static_cast<void>(send(kNova, "POST", "/v2.1/servers/" + id + "/action",
                         base::parse_json(kPowerChanges[choose(kPowerChanges.size())])));
}

void User::reboot_twice() {
  const std::string id = choose_from(ledger_.servers);
  if (id.empty()) return;
  for (const char* type : {"SOFT", "HARD"})
    static_cast<void>(send(kNova, "POST", "/v2.1/servers/" + id + "/action",
                           base::JsonObject{{"reboot", base::JsonObject{{"type", type}}}}));
}

void User::rebuild() {
  const std::string id = choose_from(ledger_.servers);
  if (id.empty()) return;
  static_cast<void>(
      send(kNova, "POST", "/v2.1/servers/" + id + "/action",
           base::JsonObject{{"rebuild", base::JsonObject{{"imageRef", setting_.image_id}}}}));
}

// What is asked for may fail, for the server may go meanwhile: whatever becomes of the image, it is
// whole in the end or gone.
void User::make_image_of_server() {
  const std::string id = choose_from(ledger_.servers);
  if (id.empty()) return;
  const bool backup = choose(3) == 0;
  base::JsonObject wish{{"name", kImageOfServer}};
  if (backup) {
    wish["backup_type"] = "daily";
    wish["rotation"] = 1;
  }
  static_cast<void>(send(kNova, "POST", "/v2.1/servers/" + id + "/action",
                         base::JsonObject{{backup ? "createBackup" : "createImage", wish}}));
}

void User::create_port() {
  const Answer answer =
      send(kNeutron, "POST", "/v2.0/ports",
           base::JsonObject{
               {"port", base::JsonObject{{"network_id", setting_.network_id}, {"name", "own"}}}});
  if (answer.status == 201)
    ledger_.ports[base::get_text(answer.body.at("port"), "id")].project = project_;
}

void User::delete_port() {
  const std::string id = choose_from(ledger_.ports);
  if (!id.empty()) remove(kNeutron, "/v2.0/ports/" + id, ledger_.ports[id]);
}

std::string User::create_image_record() {
  const Answer answer =
      insist(kGlance, "POST", "/v2/images",
             base::JsonObject{{"name", "i"}, {"disk_format", "raw"}, {"container_format", "bare"}});
  if (answer.status != 201) return {};
  std::string id = base::get_text(answer.body, "id");
  ledger_.images[id].project = project_;
  return id;
}

void User::create_image() {
  const std::string id = create_image_record();
  if (id.empty()) return;
  for (int i = 0; i < kTries; ++i) {
    const std::string content = fmt::format("the bytes of {}, sent for the {}. time", id, i);
    const size_t breaks_after = choose(4) == 0 ? choose(4) : 1000;
    const Answer sent =
        cloud_.upload(project_, "/v2/images/" + id + "/file", content, breaks_after);
    if (sent.status == 204) ledger_.images[id].content = content;
    if (sent.status == 204 || sent.status == 404 || sent.status == 410) return;
    cloud_.sleep(std::chrono::milliseconds{choose(5000)});
  }
}

// Staged, and taken from there by a task.
void User::import_image() {
  const std::string id = create_image_record();
  if (id.empty()) return;
  const std::string content = "the staged bytes of " + id;
  const size_t breaks_after = choose(6) == 0 ? choose(4) : 1000;
  static_cast<void>(cloud_.upload(project_, "/v2/images/" + id + "/stage", content, breaks_after));
  ledger_.images[id].imported = content;
  static_cast<void>(
      send(kGlance, "POST", "/v2/images/" + id + "/import",
           base::JsonObject{{"method", base::JsonObject{{"name", "glance-direct"}}}}));
}

void User::delete_image() {
  const std::string id = choose_from(ledger_.images);
  if (!id.empty()) remove(kGlance, "/v2/images/" + id, ledger_.images[id]);
}

void User::create_volume() {
  base::JsonObject volume{{"name", kOwnVolume}, {"size", 1}};
  const std::string source = choose_from(ledger_.volumes);
  const std::string snapshot = choose_from(ledger_.snapshots);
  const uint64_t kind = choose(4);
  if (kind == 1) volume["imageRef"] = setting_.image_id;
  if (kind == 2 && !source.empty()) volume["source_volid"] = source;
  if (kind == 3 && !snapshot.empty()) volume["snapshot_id"] = snapshot;
  const Answer answer = send(kCinder, "POST", "/v3/volumes", base::JsonObject{{"volume", volume}});
  if (answer.status == 202)
    ledger_.volumes[base::get_text(answer.body.at("volume"), "id")].project = project_;
}

void User::delete_volume() {
  const std::string id = choose_from(ledger_.volumes);
  if (!id.empty()) remove(kCinder, "/v3/volumes/" + id, ledger_.volumes[id]);
}

void User::extend_volume() {
  const std::string id = choose_from(ledger_.volumes);
  if (id.empty()) return;
  const auto size = static_cast<int64_t>(2 + choose(2));
  static_cast<void>(send(kCinder, "POST", "/v3/volumes/" + id + "/action",
                         base::JsonObject{{"os-extend", base::JsonObject{{"new_size", size}}}}));
}

// As with servers: it is whole in the end, or gone.
void User::make_image_of_volume() {
  const std::string id = choose_from(ledger_.volumes);
  if (id.empty()) return;
  static_cast<void>(send(kCinder, "POST", "/v3/volumes/" + id + "/action",
                         base::JsonObject{{"os-volume_upload_image",
                                           base::JsonObject{{"image_name", kImageOfVolume},
                                                            {"disk_format", "raw"},
                                                            {"container_format", "bare"}}}}));
}

// Refused for any but the last snapshot of a volume that nobody uses.
void User::revert_volume() {
  if (choose_from(ledger_.snapshots).empty()) create_snapshot();
  cloud_.sleep(std::chrono::milliseconds{choose(3000)});
  const std::string snapshot = choose_from(ledger_.snapshots);
  if (snapshot.empty()) return;
  const Answer answer = send(kCinder, "GET", "/v3/snapshots/" + snapshot);
  if (answer.status != 200) return;
  const std::string volume = base::get_text(answer.body.at("snapshot"), "volume_id");
  static_cast<void>(
      send(kCinder, "POST", "/v3/volumes/" + volume + "/action",
           base::JsonObject{{"revert", base::JsonObject{{"snapshot_id", snapshot}}}}));
}

void User::create_snapshot() {
  const std::string id = choose_from(ledger_.volumes);
  if (id.empty()) return;
  const Answer answer =
      send(kCinder, "POST", "/v3/snapshots",
           base::JsonObject{{"snapshot", base::JsonObject{{"volume_id", id}, {"name", "s"}}}});
  if (answer.status == 202)
    ledger_.snapshots[base::get_text(answer.body.at("snapshot"), "id")].project = project_;
}

void User::delete_snapshot() {
  const std::string id = choose_from(ledger_.snapshots);
  if (!id.empty()) remove(kCinder, "/v3/snapshots/" + id, ledger_.snapshots[id]);
}

void User::create_group() {
  const Answer answer =
      send(kCinder, "POST", "/v3/groups",
           base::JsonObject{
               {"group", base::JsonObject{{"name", "g"},
                                          {"group_type", setting_.group_type_id},
                                          {"volume_types", base::JsonArray{kVolumeType}}}}});
  if (answer.status == 202)
    ledger_.groups[base::get_text(answer.body.at("group"), "id")].project = project_;
}

void User::create_volume_in_group() {
  if (choose_from(ledger_.groups).empty()) create_group();
  const std::string group = choose_from(ledger_.groups);
  if (group.empty()) return;
  const Answer answer =
      send(kCinder, "POST", "/v3/volumes",
           base::JsonObject{{"volume", base::JsonObject{{"name", kOwnVolume},
                                                        {"size", 1},
                                                        {"volume_type", kVolumeType},
                                                        {"group_id", group}}}});
  if (answer.status != 202) return;
  Known& known = ledger_.volumes[base::get_text(answer.body.at("volume"), "id")];
  known.project = project_;
  known.group = group;
  // Of a deletion that nobody has answered yet.
  known.asked_to_delete = ledger_.groups[group].asked_to_delete;
}

void User::copy_group() {
  const bool of_snapshot = choose(2) == 0;
  const std::string source = choose_from(of_snapshot ? ledger_.group_snapshots : ledger_.groups);
  if (source.empty()) return;
  const char* const name = of_snapshot ? "group_snapshot_id" : "source_group_id";
  const Answer answer = send(
      kCinder, "POST", "/v3/groups/action",
      base::JsonObject{{"create-from-src", base::JsonObject{{"name", "copy"}, {name, source}}}});
  if (answer.status == 202)
    ledger_.groups[base::get_text(answer.body.at("group"), "id")].project = project_;
}

void User::create_group_snapshot() {
  const std::string group = choose_from(ledger_.groups);
  if (group.empty()) return;
  const Answer answer = send(
      kCinder, "POST", "/v3/group_snapshots",
      base::JsonObject{{"group_snapshot", base::JsonObject{{"name", "s"}, {"group_id", group}}}});
  if (answer.status == 202)
    ledger_.group_snapshots[base::get_text(answer.body.at("group_snapshot"), "id")].project =
        project_;
}

void User::delete_group_snapshot() {
  const std::string id = choose_from(ledger_.group_snapshots);
  if (id.empty()) return;
  Known& known = ledger_.group_snapshots[id];
  known.asked_to_delete = true;
  const Answer answer = send(kCinder, "DELETE", "/v3/group_snapshots/" + id);
  if (answer.status == 202 || answer.status == 404) known.deleted = true;
}

// Sometimes twice at once.
void User::delete_group() {
  const std::string id = choose_from(ledger_.groups);
  if (id.empty()) return;
  ledger_.groups[id].asked_to_delete = true;
  for (auto& [volume, known] : ledger_.volumes)
    if (known.group == id) known.asked_to_delete = true;
  const auto remove_it = [this, id] {
    return send(kCinder, "POST", "/v3/groups/" + id + "/action",
                base::JsonObject{{"delete", base::JsonObject{{"delete-volumes", true}}}});
  };
  std::unique_ptr<platform::Task> other;
  if (choose(3) == 0) other = cloud_.start_user("second delete", remove_it);
  const Answer answer = remove_it();
  if (answer.status == 202 || answer.status == 404) ledger_.groups[id].deleted = true;
}

void User::use_groups() {
  constexpr std::array kSteps{&User::create_volume_in_group,
                              &User::create_volume_in_group,
                              &User::create_group_snapshot,
                              &User::create_group_snapshot,
                              &User::delete_group_snapshot,
                              &User::copy_group,
                              &User::copy_group,
                              &User::delete_group};
  if (choose_from(ledger_.groups).empty()) {
    create_group();
    cloud_.sleep(std::chrono::seconds{5});
    create_volume_in_group();
  }
  for (size_t i = 0; i < kSteps.size(); ++i) {
    cloud_.sleep(std::chrono::milliseconds{choose(8000)});
    (this->*kSteps[choose(kSteps.size())])();
  }
}

void User::attach_volume() {
  if (choose_from(ledger_.volumes).empty()) create_volume();
  const std::string server = choose_from(ledger_.servers);
  const std::string volume = choose_from(ledger_.volumes);
  if (server.empty() || volume.empty()) return;
  static_cast<void>(
      send(kNova, "POST", "/v2.1/servers/" + server + "/os-volume_attachments",
           base::JsonObject{{"volumeAttachment", base::JsonObject{{"volumeId", volume}}}}));
}

void User::detach_volume() {
  const std::string server = choose_from(ledger_.servers);
  if (server.empty()) return;
  const std::string target = "/v2.1/servers/" + server + "/os-volume_attachments";
  const Answer answer = send(kNova, "GET", target);
  if (answer.status != 200) return;
  const base::JsonArray& attachments = answer.body.at("volumeAttachments").as_array();
  if (attachments.empty()) return;
  const std::string volume = base::get_text(attachments[choose(attachments.size())], "volumeId");
  static_cast<void>(send(kNova, "DELETE", target + "/" + volume));
}

void User::create_server_on_volume() {
  create({{"networks", base::JsonArray{base::JsonObject{{"uuid", setting_.network_id}}}},
          {"block_device_mapping_v2",
           base::JsonArray{base::JsonObject{{"source_type", "image"},
                                            {"destination_type", "volume"},
                                            {"uuid", setting_.image_id},
                                            {"boot_index", 0},
                                            {"volume_size", 1},
                                            {"delete_on_termination", true}}}}});
}

void User::learn(const char* url_base, const char* target, const char* collection,
                 const char* owner, Things* things) {
  const Answer answer = send(url_base, "GET", target);
  if (answer.status != 200) return;
  for (const base::Json& item : answer.body.at(collection).as_array()) {
    const std::string id = base::get_text(item, "id");
    const std::string project = owner ? base::text_or(item, owner) : project_;
    if (project != project_)
      ledger_.seen_of_others.push_back(fmt::format("{} of {} by {}", id, project, project_));
    if (!things) continue;
    const auto [known, is_new] = things->try_emplace(id);
    if (is_new) known->second.project = project_;
    if (known->second.project != project_)
      ledger_.seen_of_others.push_back(fmt::format("{} of another by {}", id, project_));
  }
}

void User::look_around() {
  learn(kNova, "/v2.1/servers/detail", "servers", "tenant_id", &ledger_.servers);
  learn(kNeutron, "/v2.0/ports", "ports", "project_id", nullptr);
  learn(kGlance, "/v2/images?visibility=shared", "images", "owner", nullptr);
  learn(kCinder, "/v3/volumes/detail", "volumes", "os-vol-tenant-attr:tenant_id", nullptr);
  for (const auto& [id, known] : ledger_.servers) {
    if (known.project == project_) continue;
    const Answer answer = send(kNova, "GET", "/v2.1/servers/" + id);
    if (!answer.unknown() && answer.status != 404)
      ledger_.seen_of_others.push_back(
          fmt::format("{} by {}: status {}", id, project_, answer.status));
    return;
  }
}

}  // namespace simulation
