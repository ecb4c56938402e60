// Groups of volumes, their snapshots, and what becomes of them when a role dies.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using cinder_tests::WorldOptions;
using service_tests::Answer;

constexpr const char* kNobody = "99999999-9999-4999-8999-999999999999";

// "KEY":"VALUE"
std::string member_of(const std::string& key, const std::string& value) {
  return "\"" + key + "\":\"" + value + "\"";
}

class CinderGroups : public testing::Test {
 protected:
  explicit CinderGroups(const WorldOptions& options = {{{"DEFAULT/report_interval", "1"}}})
      : world_(options), group_type_(make_type("group_type", "/v3/group_types")) {}

  Answer send(const std::string& method, const std::string& path, const std::string& body = "",
              const std::string& version = "3.58", const std::string& who = "demo") {
    return world_.send(who, method, "/v3" + path, body, version);
  }
  Answer as_admin(const std::string& method, const std::string& path, const std::string& body = "",
                  const std::string& version = "3.58") {
    return send(method, path, body, version, "admin");
  }
  std::string make_type(const std::string& kind, const std::string& path,
                        const std::string& more = "") {
    const auto made = world_.send(
        "admin", "POST", path,
        "{\"" + kind + "\":{" + member_of("name", "t" + std::to_string(++types_)) + more + "}}",
        "3.11");
    EXPECT_LE(made.status, 202) << made.body;
    return made.text(kind.c_str(), "id");
  }
  std::string make_volume_type(const std::string& more = "") {
    return make_type("volume_type", "/v3/types", more);
  }

  Answer post_group(const std::string& volume_type, const std::string& more = "") {
    return send("POST", "/groups",
                R"({"group":{"name":"g",)" + member_of("group_type", group_type_) +
                    R"(,"volume_types":[")" + volume_type + "\"]" + more + "}}");
  }
  // The id of a group that is available.
  std::string make_group(const std::string& more = "") {
    const auto made = post_group(volume_type_, more);
    EXPECT_EQ(made.status, 202) << made.body;
    const std::string id = made.text("group", "id");
    EXPECT_TRUE(becomes("/groups/" + id, "available"));
    return id;
  }
  Answer post_volume(const std::string& group, const std::string& more = "") {
    return send("POST", "/volumes",
                R"({"volume":{"size":1,)" + member_of("group_id", group) + "," +
                    member_of("volume_type", volume_type_) + more + "}}");
  }
  // The id of a volume of the group that is available.
  std::string make_member(const std::string& group) {
    const auto made = post_volume(group);
    EXPECT_EQ(made.status, 202) << made.body;
    const std::string id = made.text("volume", "id");
    EXPECT_TRUE(becomes("/volumes/" + id, "available"));
    return id;
  }
  Answer post_snapshot(const std::string& group) {
    return send("POST", "/group_snapshots",
                R"({"group_snapshot":{"name":"s",)" + member_of("group_id", group) + "}}");
  }
  std::string make_group_snapshot(const std::string& group) {
    const auto made = post_snapshot(group);
    EXPECT_EQ(made.status, 202) << made.body;
    const std::string id = made.text("group_snapshot", "id");
    EXPECT_TRUE(becomes("/group_snapshots/" + id, "available"));
    return id;
  }
  Answer copy(const std::string& source, const std::string& id) {
    return send("POST", "/groups/action",
                R"({"create-from-src":{"name":"copy",)" + member_of(source, id) + "}}");
  }
  Answer remove(const std::string& group, const std::string& with_volumes = "true") {
    return send("POST", "/groups/" + group + "/action",
                R"({"delete":{"delete-volumes":)" + with_volumes + "}}");
  }
  Answer update(const std::string& group, const std::string& members) {
    return send("PUT", "/groups/" + group, R"({"group":{)" + members + "}}");
  }

  bool becomes(const std::string& path, const std::string& status) {
    return world_.wait_for("/v3" + path, status, "3.58");
  }
  std::string status_of(const std::string& path) {
    const auto shown = as_admin("GET", path);
    if (shown.status == 404) return "gone";
    return base::text_or(shown.json.as_object().begin()->value(), "status");
  }
  // Ids of the volumes of a group.
  std::set<std::string> members_of(const std::string& group) {
    std::set<std::string> ids;
    const auto listed = as_admin("GET", "/volumes/detail?all_tenants=1&group_id=" + group);
    for (const base::Json& volume : listed.at("volumes").as_array())
      ids.insert(base::get_text(volume, "id"));
    return ids;
  }
  // Of the one snapshot that the group snapshot consists of.
  std::string part_of(const std::string& group_snapshot) {
    return send("GET", "/snapshots?group_snapshot_id=" + group_snapshot).text("snapshots", 0, "id");
  }

  CinderWorld world_;
  int types_ = 0;
  const std::string group_type_;
  const std::string volume_type_ = make_volume_type();
};

TEST_F(CinderGroups, are_made_shown_changed_and_deleted) {
  const std::string id = make_group(R"(,"description":" d ")");
  const std::string volume = make_member(id);

  const auto shown = send("GET", "/groups/" + id + "?list_volume=true", "", "3.25");
  EXPECT_EQ(shown.text("group", "name"), "g");
  EXPECT_EQ(shown.text("group", "description"), "d");
  EXPECT_EQ(shown.text("group", "group_type"), group_type_);
  EXPECT_EQ(shown.text("group", "volume_types", 0), volume_type_);
  EXPECT_EQ(shown.text("group", "volumes", 0), volume);
  EXPECT_EQ(shown.text("group", "availability_zone"), "nova");
  EXPECT_TRUE(shown.at("group", "source_group_id").is_null());

  EXPECT_EQ(update(id, R"("name":"other","description":"")").status, 202);
  EXPECT_EQ(send("GET", "/groups/" + id).text("group", "name"), "other");
  EXPECT_EQ(send("GET", "/groups/" + id).text("group", "description"), "");
  EXPECT_EQ(update(id, R"("name":"other")").status, 400);

  EXPECT_EQ(remove(id, "false").status, 400);
  EXPECT_EQ(remove(id).status, 202);
  EXPECT_TRUE(becomes("/groups/" + id, "gone"));
  EXPECT_EQ(status_of("/volumes/" + volume), "gone");
  EXPECT_TRUE(world_.files().empty());
}

TEST_F(CinderGroups, show_what_their_version_has) {
  const std::string id = make_group();
  const std::string path = "/groups/" + id;
  EXPECT_EQ(send("GET", path, "", "3.12").status, 404);
  const auto has = [&](const std::string& member, const std::string& version,
                       const std::string& who = "demo") {
    return send("GET", path + "?list_volume=1", "", version, who).body.find(member) !=
           std::string::npos;
  };
  EXPECT_FALSE(has("group_snapshot_id", "3.13"));
  EXPECT_TRUE(has("group_snapshot_id", "3.14"));
  EXPECT_FALSE(has("\"volumes\"", "3.24"));
  EXPECT_TRUE(has("\"volumes\":[]", "3.25"));
  EXPECT_FALSE(has("replication_status", "3.37"));
  EXPECT_TRUE(has("replication_status", "3.38"));
  EXPECT_FALSE(has("project_id", "3.57", "admin"));
  EXPECT_TRUE(has("project_id", "3.58", "admin"));
  EXPECT_FALSE(has("project_id", "3.58"));
  EXPECT_EQ(
      send("POST", path + "/action", R"({"reset_status":{"status":"error"}})", "3.19", "admin")
          .status,
      404);
}

TEST_F(CinderGroups, are_listed_by_project_in_pages) {
  const std::string a = make_group();
  const std::string b = make_group();
  ASSERT_EQ(update(b, R"("name":"b")").status, 202);
  const auto volume = make_member(a);

  const auto all = send("GET", "/groups/detail?sort=name:desc&list_volume=true");
  EXPECT_EQ(all.text("groups", 0, "id"), a);
  EXPECT_EQ(all.text("groups", 0, "volumes", 0), volume);
  EXPECT_EQ(all.text("groups", 1, "volume_types", 0), volume_type_);
  const auto page = send("GET", "/groups?sort=name:asc&limit=1");
  EXPECT_EQ(page.body.find("status"), std::string::npos);
  EXPECT_EQ(page.text("groups", 0, "id"), b);
  EXPECT_EQ(page.text("group_links", 0, "rel"), "next");
  EXPECT_EQ(send("GET", "/groups?sort=name:asc&limit=1&marker=" + b).text("groups", 0, "id"), a);
  EXPECT_EQ(send("GET", "/groups?name=b").at("groups").as_array().size(), 1U);
  EXPECT_EQ(send("GET", "/groups?status=error").at("groups").as_array().size(), 0U);
  EXPECT_EQ(send("GET", "/groups?list_volume=perhaps").status, 200);
  EXPECT_EQ(send("GET", "/groups/detail?list_volume=perhaps").status, 400);
  EXPECT_EQ(send("GET", "/groups?limit=-1").status, 400);
  EXPECT_EQ(send("GET", "/groups", "", "3.58", "other").at("groups").as_array().size(), 0U);
  EXPECT_EQ(as_admin("GET", "/groups?all_tenants=1").at("groups").as_array().size(), 2U);
}

TEST_F(CinderGroups, are_refused_for_what_is_wrong) {
  const std::string id = make_group();
  EXPECT_EQ(post_group(kNobody).status, 404);
  const auto create = [&](const std::string& members) {
    return send("POST", "/groups", R"({"group":{)" + members + "}}").status;
  };
  const std::string types = R"(,"volume_types":[")" + volume_type_ + "\"]";
  EXPECT_EQ(create(member_of("group_type", kNobody) + types), 404);
  EXPECT_EQ(create(R"("group_type":"nameless")" + types), 404);
  EXPECT_EQ(create(R"("name":"g")" + types), 400);
  EXPECT_EQ(create(member_of("group_type", group_type_)), 400);
  EXPECT_EQ(create(member_of("group_type", group_type_) + R"(,"volume_types":[])"), 400);
  EXPECT_EQ(create(member_of("group_type", group_type_) + types + R"(,"colour":"red")"), 400);
  EXPECT_EQ(create(member_of("group_type", group_type_) + types + R"(,"availability_zone":"moon")"),
            400);
  EXPECT_EQ(create("\"name\":\"" + std::string(256, 'n') + "\"," +
                   member_of("group_type", group_type_) + types),
            400);
  EXPECT_EQ(send("GET", "/groups/" + id, "", "3.58", "other").status, 404);
  EXPECT_EQ(send("PUT", "/groups/" + id, R"({"group":{"name":"x"}})", "3.58", "other").status, 404);
  EXPECT_EQ(send("POST", "/groups/" + id + "/action", R"({"delete":{}})", "3.58", "other").status,
            404);
  EXPECT_EQ(send("POST", "/groups/" + id + "/action", R"({"delete":{"force":true}})").status, 400);
  EXPECT_EQ(send("POST", "/groups/" + id + "/action", R"({"explode":{}})").status, 400);
  EXPECT_EQ(update(id, "").status, 400);
}

TEST_F(CinderGroups, have_volumes_of_their_types_only) {
  const std::string id = make_group();
  const auto create = [&](const std::string& members, const std::string& who = "demo") {
    return send("POST", "/volumes", R"({"volume":{"size":1,)" + members + "}}", "3.58", who);
  };
  const auto of_other =
      create(member_of("group_id", id) + "," + member_of("volume_type", make_volume_type()));
  EXPECT_EQ(of_other.status, 400);
  EXPECT_NE(of_other.body.find("requested type must be supported by this group"),
            std::string::npos);
  const auto of_none = create(member_of("group_id", id));
  EXPECT_EQ(of_none.status, 400);
  EXPECT_NE(of_none.body.find("volume_type must be provided"), std::string::npos);
  const std::string right = member_of("volume_type", volume_type_) + ",";
  EXPECT_EQ(create(right + member_of("group_id", kNobody)).status, 404);
  EXPECT_EQ(create(right + member_of("group_id", "no-id")).status, 400);
  EXPECT_EQ(create(right + member_of("group_id", id), "other").status, 404);
  EXPECT_EQ(create(right + member_of("group_id", id), "admin").status, 400);

  const std::string volume = make_member(id);
  EXPECT_EQ(send("GET", "/volumes/" + volume).text("volume", "group_id"), id);
  EXPECT_EQ(send("GET", "/volumes/" + volume, "", "3.12").body.find("\"group_id\""),
            std::string::npos);
  EXPECT_EQ(members_of(id), std::set<std::string>{volume});
  // Before 3.13 nobody asks for a group.
  const auto older =
      send("POST", "/volumes", R"({"volume":{"size":1,)" + right + member_of("group_id", id) + "}}",
           "3.12");
  EXPECT_EQ(older.status, 202);
  EXPECT_EQ(members_of(id).size(), 1U);
}

TEST_F(CinderGroups, keep_their_volumes) {
  const std::string volume = "/volumes/" + make_member(make_group());
  const auto refused = send("DELETE", volume);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("belong to a group"), std::string::npos);
  const auto act = [&](const std::string& action) {
    return as_admin("POST", volume + "/action", action).status;
  };
  EXPECT_EQ(act(R"({"os-force_delete":{}})"), 400);
  EXPECT_EQ(act(R"({"os-retype":{"new_type":")" + make_volume_type() + R"("}})"), 400);
  EXPECT_EQ(act(R"({"os-migrate_volume":{"host":"host@other#other"}})"), 400);
  EXPECT_EQ(act(R"({"os-unmanage":null})"), 400);
  EXPECT_EQ(send("POST", "/volume-transfers",
                 R"({"transfer":{)" + member_of("volume_id", volume.substr(9)) + "}}")
                .status,
            400);
  EXPECT_EQ(act(R"({"os-extend":{"new_size":2}})"), 202);
  EXPECT_TRUE(becomes(volume, "available"));
}

TEST_F(CinderGroups, take_volumes_in_and_let_them_go) {
  const std::string id = make_group();
  const std::string other_group = make_group();
  const std::string volume = make_member(id);
  const std::string foreign = make_member(other_group);
  const std::string plain = world_.make_volume();
  const std::string fitting = world_.make_volume(member_of("volume_type", volume_type_));

  const auto why = [&](const std::string& members) {
    const auto refused = update(id, members);
    EXPECT_EQ(refused.status, 400) << members;
    return refused.body;
  };
  EXPECT_NE(why(member_of("add_volumes", kNobody)).find("cannot be found"), std::string::npos);
  EXPECT_NE(why(member_of("add_volumes", foreign)).find("already in group " + other_group),
            std::string::npos);
  EXPECT_NE(why(member_of("add_volumes", plain)).find("is not supported by the group"),
            std::string::npos);
  EXPECT_NE(why(member_of("remove_volumes", foreign)).find("is not in the group"),
            std::string::npos);
  EXPECT_NE(why(member_of("add_volumes", volume) + "," + member_of("remove_volumes", volume))
                .find("both add and remove"),
            std::string::npos);
  // All or nothing.
  why(member_of("add_volumes", fitting + "," + kNobody));
  EXPECT_EQ(members_of(id), std::set<std::string>{volume});

  EXPECT_EQ(
      update(id, member_of("add_volumes", fitting) + "," + member_of("remove_volumes", volume))
          .status,
      202);
  EXPECT_EQ(members_of(id), std::set<std::string>{fitting});
  EXPECT_EQ(send("DELETE", "/volumes/" + volume).status, 202);
  EXPECT_TRUE(becomes("/volumes/" + volume, "gone"));
  as_admin("POST", "/volumes/" + fitting + "/action",
           R"({"os-reset_status":{"status":"creating"}})");
  why(member_of("remove_volumes", fitting));
}

TEST_F(CinderGroups, are_not_deleted_with_what_is_used) {
  const std::string id = make_group();
  const std::string volume = make_member(id);
  const std::string snapshot = world_.make_snapshot(volume);
  EXPECT_NE(remove(id).body.find("dependent snapshots"), std::string::npos);
  EXPECT_EQ(send("DELETE", "/snapshots/" + snapshot).status, 202);
  ASSERT_TRUE(becomes("/snapshots/" + snapshot, "gone"));

  const auto attached =
      send("POST", "/attachments", R"({"attachment":{)" + member_of("volume_uuid", volume) + "}}");
  ASSERT_EQ(attached.status, 200) << attached.body;
  EXPECT_NE(remove(id).body.find("is attached"), std::string::npos);
  EXPECT_EQ(send("DELETE", "/attachments/" + attached.text("attachment", "id")).status, 200);

  const std::string group_snapshot = make_group_snapshot(id);
  EXPECT_NE(remove(id).body.find("existing snapshots"), std::string::npos);
  EXPECT_EQ(send("DELETE", "/group_snapshots/" + group_snapshot).status, 202);
  ASSERT_TRUE(becomes("/group_snapshots/" + group_snapshot, "gone"));
  EXPECT_EQ(remove(id).status, 202);
  EXPECT_TRUE(becomes("/groups/" + id, "gone"));
}

TEST_F(CinderGroups, hold_their_types) {
  const std::string id = make_group();
  EXPECT_EQ(as_admin("DELETE", "/group_types/" + group_type_).status, 400);
  EXPECT_EQ(as_admin("DELETE", "/types/" + volume_type_).status, 400);
  EXPECT_EQ(remove(id, "false").status, 202);
  EXPECT_EQ(status_of("/groups/" + id), "gone");
  EXPECT_EQ(as_admin("DELETE", "/group_types/" + group_type_).status, 202);
  EXPECT_EQ(as_admin("DELETE", "/types/" + volume_type_).status, 202);
}

TEST_F(CinderGroups, are_reset_and_do_not_replicate) {
  const std::string path = "/groups/" + make_group();
  const auto act = [&](const std::string& body, const std::string& who = "admin") {
    return send("POST", path + "/action", body, "3.58", who).status;
  };
  for (const char* const status : {"creating", "ERROR", "available"}) {
    EXPECT_EQ(act(R"({"reset_status":{"status":")" + std::string(status) + "\"}}"), 202);
  }
  EXPECT_EQ(act(R"({"reset_status":{"status":"flying"}})"), 400);
  EXPECT_EQ(act(R"({"reset_status":{"status":"error"}})", "demo"), 403);
  EXPECT_EQ(status_of(path), "available");
  for (const char* const action : {"enable_replication", "disable_replication",
                                   "failover_replication", "list_replication_targets"})
    EXPECT_EQ(act("{\"" + std::string(action) + "\":{}}", "demo"), 400);
}

TEST_F(CinderGroups, become_others) {
  const std::string id = make_group();
  const std::string volume = make_member(id);
  std::ofstream(world_.path("volume-" + volume), std::ios::in | std::ios::out) << "content";
  const std::string snapshot = make_group_snapshot(id);

  for (const auto& [source, of] : std::map<std::string, std::string>{
           {"source_group_id", id}, {"group_snapshot_id", snapshot}}) {
    const auto made = copy(source, of);
    ASSERT_EQ(made.status, 202) << made.body;
    const std::string group = made.text("group", "id");
    ASSERT_TRUE(becomes("/groups/" + group, "available"));
    EXPECT_EQ(base::get_text(send("GET", "/groups/" + group).at("group"), source), of);
    EXPECT_EQ(send("GET", "/groups/" + group).text("group", "group_type"), group_type_);
    const auto members = members_of(group);
    ASSERT_EQ(members.size(), 1U);
    EXPECT_EQ(status_of("/volumes/" + *members.begin()), "available");
    std::string text(7, ' ');
    std::ifstream(world_.path("volume-" + *members.begin())).read(text.data(), 7);
    EXPECT_EQ(text, "content");
  }
  const auto both = send("POST", "/groups/action",
                         R"({"create-from-src":{)" + member_of("group_snapshot_id", snapshot) +
                             "," + member_of("source_group_id", id) + "}}");
  EXPECT_EQ(both.status, 400);
  EXPECT_EQ(copy("source_group_id", kNobody).status, 404);
  EXPECT_EQ(copy("group_snapshot_id", kNobody).status, 404);
  const std::string empty = make_group();
  EXPECT_NE(copy("source_group_id", empty).body.find("Source Group is empty"), std::string::npos);
  EXPECT_NE(copy("group_snapshot_id", make_group_snapshot(empty)).body.find("snapshot is empty"),
            std::string::npos);
}

TEST_F(CinderGroups, have_snapshots_of_all_their_volumes) {
  const std::string id = make_group();
  const std::string a = make_member(id);
  make_member(id);
  const std::string snapshot = make_group_snapshot(id);

  const auto shown = send("GET", "/group_snapshots/" + snapshot);
  EXPECT_EQ(shown.text("group_snapshot", "group_id"), id);
  EXPECT_EQ(shown.text("group_snapshot", "group_type_id"), group_type_);
  EXPECT_EQ(shown.body.find("project_id"), std::string::npos);
  EXPECT_NE(as_admin("GET", "/group_snapshots/" + snapshot).body.find("project_id"),
            std::string::npos);
  const auto parts = send("GET", "/snapshots?group_snapshot_id=" + snapshot);
  ASSERT_EQ(parts.at("snapshots").as_array().size(), 2U);
  const std::string part = parts.text("snapshots", 0, "id");
  EXPECT_EQ(parts.text("snapshots", 0, "group_snapshot_id"), snapshot);
  EXPECT_EQ(parts.text("snapshots", 0, "name"), "s");

  EXPECT_EQ(send("DELETE", "/snapshots/" + part).status, 400);
  EXPECT_EQ(as_admin("POST", "/snapshots/" + part + "/action", R"({"os-force_delete":{}})").status,
            400);
  EXPECT_EQ(as_admin("POST", "/snapshots/" + part + "/action", R"({"os-unmanage":null})").status,
            400);
  // Nor with a volume that has left the group.
  ASSERT_EQ(update(id, member_of("remove_volumes", a)).status, 202);
  EXPECT_EQ(send("DELETE", "/volumes/" + a + "?cascade=true").status, 400);
  EXPECT_EQ(send("POST", "/volume-transfers", R"({"transfer":{)" + member_of("volume_id", a) + "}}")
                .status,
            400);

  EXPECT_EQ(send("DELETE", "/group_snapshots/" + snapshot, "", "3.58", "other").status, 404);
  EXPECT_EQ(send("DELETE", "/group_snapshots/" + snapshot).status, 202);
  EXPECT_TRUE(becomes("/group_snapshots/" + snapshot, "gone"));
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM snapshots"), 0);
}

TEST_F(CinderGroups, list_their_snapshots) {
  const std::string id = make_group();
  const std::string a = make_group_snapshot(id);
  make_group_snapshot(make_group());
  const auto page = send("GET", "/group_snapshots?sort=created_at:asc&limit=1");
  EXPECT_EQ(page.text("group_snapshots", 0, "id"), a);
  EXPECT_EQ(page.text("group_snapshot_links", 0, "rel"), "next");
  EXPECT_EQ(send("GET", "/group_snapshots?group_id=" + id).text("group_snapshots", 0, "id"), a);
  EXPECT_EQ(
      send("GET", "/group_snapshots/detail?status=error").at("group_snapshots").as_array().size(),
      0U);
  // Until 3.29 there are neither pages nor filters.
  EXPECT_EQ(send("GET", "/group_snapshots/detail?limit=1&group_id=" + id, "", "3.28")
                .at("group_snapshots")
                .as_array()
                .size(),
            2U);
  EXPECT_EQ(send("GET", "/group_snapshots", "", "3.13").status, 404);
}

TEST_F(CinderGroups, refuse_snapshots_that_can_not_be) {
  const std::string id = make_group();
  const std::string volume = make_member(id);
  as_admin("POST", "/volumes/" + volume + "/action", R"({"os-reset_status":{"status":"error"}})");
  EXPECT_NE(post_snapshot(id).body.find("in error status"), std::string::npos);
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM group_snapshots"), 0);
  EXPECT_EQ(post_snapshot(kNobody).status, 404);
  EXPECT_EQ(post_snapshot("no-id").status, 400);
  EXPECT_EQ(send("POST", "/group_snapshots", R"({"group_snapshot":{"name":"s"}})").status, 400);

  as_admin("POST", "/volumes/" + volume + "/action",
           R"({"os-reset_status":{"status":"available"}})");
  const std::string path = "/group_snapshots/" + make_group_snapshot(id);
  const std::string reset = R"({"reset_status":{"status":"creating"}})";
  EXPECT_EQ(send("POST", path + "/action", reset).status, 403);
  EXPECT_EQ(as_admin("POST", path + "/action", reset, "3.18").status, 404);
  EXPECT_EQ(as_admin("POST", path + "/action", reset).status, 202);
  EXPECT_EQ(send("DELETE", path).status, 400);
  EXPECT_EQ(as_admin("POST", path + "/action", R"({"reset_status":{"status":"error"}})").status,
            202);
  EXPECT_EQ(send("DELETE", path).status, 202);
  EXPECT_TRUE(becomes(path, "gone"));
}

class CinderGroupQuotas : public CinderGroups {
 protected:
  CinderGroupQuotas()
      : CinderGroups({{{"DEFAULT/quota_groups", "2"}, {"DEFAULT/quota_volumes", "3"}}}) {}
};

TEST_F(CinderGroupQuotas, count_groups_and_what_is_made_with_them) {
  const std::string id = make_group();
  make_member(id);
  make_member(id);
  // Of two volumes only one more fits: nothing of the group is there.
  EXPECT_EQ(copy("source_group_id", id).status, 413);
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volume_groups"), 1);
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volumes"), 2);

  make_group();
  const auto refused = post_group(volume_type_);
  EXPECT_EQ(refused.status, 413);
  EXPECT_NE(refused.body.find("Maximum number of groups allowed (2) exceeded"), std::string::npos);
  const std::string project = as_admin("GET", "/groups/" + id).text("group", "project_id");
  EXPECT_EQ(as_admin("GET", "/os-quota-sets/" + project + "?usage=true")
                .at("quota_set", "groups", "in_use")
                .as_int64(),
            2);
}

class CinderGroupPlaces : public CinderGroups {
 protected:
  CinderGroupPlaces()
      : CinderGroups(
            {{{"DEFAULT/enabled_backends", "fast,slow"}, {"DEFAULT/report_interval", "1"}}}) {}
  std::string type_of(const std::string& backend) {
    return make_volume_type(R"(,"extra_specs":{"volume_backend_name":")" + backend + "\"}");
  }
};

TEST_F(CinderGroupPlaces, are_where_all_their_types_fit) {
  const std::string slow = type_of("slow");
  const std::string fast = type_of("fast");
  const auto torn = post_group(slow + "\",\"" + fast);
  ASSERT_EQ(torn.status, 202);
  ASSERT_TRUE(becomes("/groups/" + torn.text("group", "id"), "error"));
  const std::string why = world_.explain(torn.text("group", "id"));
  EXPECT_NE(why.find("no valid host was found"), std::string::npos) << why;
  EXPECT_NE(why.find("CapabilitiesFilter                        0"), std::string::npos) << why;
  // One that is nowhere is just forgotten, and has no volumes.
  EXPECT_EQ(post_volume(torn.text("group", "id")).status, 400);
  EXPECT_EQ(remove(torn.text("group", "id"), "false").status, 202);
  EXPECT_EQ(status_of("/groups/" + torn.text("group", "id")), "gone");

  EXPECT_EQ(world_.explain(torn.text("group", "id")), "");

  // The other type goes anywhere, but here where the group is.
  const auto made = post_group(slow + "\",\"" + volume_type_);
  const std::string id = made.text("group", "id");
  ASSERT_TRUE(becomes("/groups/" + id, "available"));
  EXPECT_NE(world_.explain(id).find("placed on host@slow#slow"), std::string::npos);
  for (int i = 0; i < 4; ++i) {
    const std::string volume = make_member(id);
    EXPECT_EQ(as_admin("GET", "/volumes/" + volume).text("volume", "os-vol-host-attr:host"),
              "host@slow#slow");
  }
  // What is elsewhere does not come in.
  const std::string elsewhere =
      world_.make_volume(member_of("volume_type", volume_type_) + R"(,"size":1)");
  const bool is_slow =
      as_admin("GET", "/volumes/" + elsewhere).text("volume", "os-vol-host-attr:host") ==
      "host@slow#slow";
  EXPECT_EQ(update(id, member_of("add_volumes", elsewhere)).status, is_slow ? 202 : 400);
}

TEST_F(CinderGroupPlaces, are_nowhere_if_no_back_end_does_what_their_type_asks_for) {
  const std::string consistent =
      make_type("group_type", "/v3/group_types",
                R"(,"group_specs":{"consistent_group_snapshot_enabled":"<is> True"})");
  const auto made = send("POST", "/groups",
                         R"({"group":{)" + member_of("group_type", consistent) +
                             R"(,"volume_types":[")" + volume_type_ + "\"]}}");
  ASSERT_EQ(made.status, 202);
  EXPECT_TRUE(becomes("/groups/" + made.text("group", "id"), "error"));
}

// ---- roles that die

TEST_F(CinderGroups, wait_for_a_scheduler) {
  world_.stop_scheduler_role();
  const auto made = post_group(volume_type_);
  const std::string path = "/groups/" + made.text("group", "id");
  EXPECT_EQ(status_of(path), "creating");
  EXPECT_EQ(post_volume(made.text("group", "id")).status, 400);
  EXPECT_EQ(update(made.text("group", "id"), R"("name":"x")").status, 400);
  world_.start_scheduler_role();
  EXPECT_TRUE(becomes(path, "available"));
}

TEST_F(CinderGroups, whose_message_was_lost_are_asked_for_again) {
  world_.stop_scheduler_role();
  const auto made = post_group(volume_type_);
  // As if a scheduler had died with the message.
  world_.run_statement("UPDATE volume_groups SET operation_id='other', task_deadline=1");
  world_.start_scheduler_role();
  EXPECT_TRUE(becomes("/groups/" + made.text("group", "id"), "available"));
}

TEST_F(CinderGroups, that_nobody_places_end_in_an_error) {
  world_.stop_scheduler_role();
  const auto made = post_group(volume_type_);
  world_.run_statement(
      "UPDATE volume_groups SET operation_id='other', task_deadline=1, attempts=4");
  world_.start_scheduler_role();
  EXPECT_TRUE(becomes("/groups/" + made.text("group", "id"), "error"));
}

TEST_F(CinderGroups, that_a_dead_back_end_was_deleting_go_when_it_starts) {
  const std::string id = make_group();
  make_member(id);
  make_member(id);
  world_.stop_volume_role();
  ASSERT_EQ(remove(id).status, 202);
  EXPECT_EQ(status_of("/groups/" + id), "deleting");
  // The second one changes nothing.
  EXPECT_EQ(remove(id).status, 202);
  EXPECT_EQ(remove(id, "false").status, 400);
  EXPECT_EQ(post_volume(id).status, 400);
  EXPECT_EQ(post_snapshot(id).status, 400);
  world_.start_volume_role();
  EXPECT_TRUE(becomes("/groups/" + id, "gone"));
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volumes"), 0);
  EXPECT_TRUE(world_.files().empty());
}

TEST_F(CinderGroups, that_can_not_be_deleted_are_errors_and_can_be_tried_again) {
  const std::string id = make_group();
  const std::string volume = make_member(id);
  world_.stop_volume_role();
  ASSERT_EQ(remove(id).status, 202);
  world_.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");
  ASSERT_TRUE(becomes("/groups/" + id, "error"));
  EXPECT_EQ(status_of("/volumes/" + volume), "error_deleting");
  ASSERT_EQ(remove(id).status, 202);
  world_.start_volume_role();
  EXPECT_TRUE(becomes("/groups/" + id, "gone"));
}

TEST_F(CinderGroups, that_are_being_made_of_others_wait_for_their_volumes) {
  const std::string id = make_group();
  make_member(id);
  make_member(id);
  const std::string snapshot = make_group_snapshot(id);
  world_.stop_volume_role();
  const auto made = copy("group_snapshot_id", snapshot);
  const std::string path = "/groups/" + made.text("group", "id");
  EXPECT_EQ(status_of(path), "creating");
  // What it is made of stays until then.
  EXPECT_EQ(send("DELETE", "/group_snapshots/" + snapshot).status, 400);
  world_.start_volume_role();
  EXPECT_TRUE(becomes(path, "available"));
  EXPECT_EQ(send("DELETE", "/group_snapshots/" + snapshot).status, 202);
}

TEST_F(CinderGroups, that_are_deleted_while_they_are_made_go) {
  const std::string id = make_group();
  make_member(id);
  world_.stop_volume_role();
  const auto made = copy("source_group_id", id);
  const std::string group = made.text("group", "id");
  EXPECT_EQ(remove(group, "false").status, 400);
  ASSERT_EQ(remove(group).status, 202);
  world_.start_volume_role();
  EXPECT_TRUE(becomes("/groups/" + group, "gone"));
  EXPECT_EQ(members_of(id).size(), 1U);
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volumes"), 1);
}

TEST_F(CinderGroups, of_which_a_volume_could_not_be_made_are_errors) {
  const std::string id = make_group();
  make_member(id);
  const std::string lost = make_member(id);
  std::remove(world_.path("volume-" + lost).c_str());
  const auto made = copy("source_group_id", id);
  const std::string group = made.text("group", "id");
  EXPECT_TRUE(becomes("/groups/" + group, "error"));
  ASSERT_EQ(remove(group).status, 202);
  EXPECT_TRUE(becomes("/groups/" + group, "gone"));
}

TEST_F(CinderGroups, snapshots_that_a_dead_back_end_left_are_taken_up_at_its_start) {
  const std::string id = make_group();
  make_member(id);
  make_member(id);
  world_.stop_volume_role();
  const auto made = post_snapshot(id);
  const std::string path = "/group_snapshots/" + made.text("group_snapshot", "id");
  EXPECT_EQ(status_of(path), "creating");
  EXPECT_EQ(send("DELETE", path).status, 400);
  EXPECT_NE(remove(id).body.find("existing snapshots"), std::string::npos);
  world_.start_volume_role();
  ASSERT_TRUE(becomes(path, "available"));

  world_.stop_volume_role();
  ASSERT_EQ(send("DELETE", path).status, 202);
  EXPECT_EQ(status_of(path), "deleting");
  EXPECT_EQ(send("DELETE", path).status, 400);
  world_.start_volume_role();
  EXPECT_TRUE(becomes(path, "gone"));
}

TEST_F(CinderGroups, snapshots_that_nobody_takes_end_in_an_error) {
  const std::string id = make_group();
  make_member(id);
  make_member(id);
  world_.stop_volume_role();
  const auto made = post_snapshot(id);
  const std::string snapshot = made.text("group_snapshot", "id");
  world_.run_statement("UPDATE snapshots SET task_deadline=1, attempts=4");
  ASSERT_TRUE(becomes("/group_snapshots/" + snapshot, "error"));
  EXPECT_EQ(status_of("/snapshots/" + part_of(snapshot)), "error");
  EXPECT_EQ(copy("group_snapshot_id", snapshot).status, 400);
  ASSERT_EQ(send("DELETE", "/group_snapshots/" + snapshot).status, 202);
  world_.start_volume_role();
  EXPECT_TRUE(becomes("/group_snapshots/" + snapshot, "gone"));
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM snapshots"), 0);
}

}  // namespace
