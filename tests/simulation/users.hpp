// What the users of one project do, and what they were told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cloud.hpp"

namespace simulation {

// A thing whose creation was acknowledged (or that a list showed, which is as
// good).
struct Known {
  std::string project;
  bool asked_to_delete = false;
  bool deleted = false;  // acknowledged
  std::string content;   // of an image whose upload was acknowledged
  std::string imported;  // that an image has if its import, which was accepted, is done
  std::string group;     // that a volume was made in, and goes with
};

// Of the image that servers and volumes are made of.
inline constexpr const char* kImageBytes = "an operating system";
// The name of images that are made of servers.
inline constexpr const char* kImageOfServer = "of a server";
// The name of images that are made of volumes.
inline constexpr const char* kImageOfVolume = "of a volume";
// The name of volumes that users make; those that come with a server have none.
inline constexpr const char* kOwnVolume = "own";

struct Ledger {
  std::map<std::string, Known> servers;
  std::map<std::string, Known> ports;
  std::map<std::string, Known> images;
  std::map<std::string, Known> volumes;
  std::map<std::string, Known> snapshots;
  std::map<std::string, Known> groups;
  std::map<std::string, Known> group_snapshots;
  // What somebody saw that he must not see.
  std::vector<std::string> seen_of_others;
};

// What all users share.
struct Setting {
  std::string network_id;
  std::string flavor_id;
  std::string image_id;
  std::string group_type_id;
};

class User {
 public:
  User(Cloud& cloud, const Setting& setting, Ledger& ledger, std::string project, size_t number)
      : cloud_(cloud),
        setting_(setting),
        ledger_(ledger),
        project_(std::move(project)),
        number_(number) {}

  // Does something that the seed chooses, from a task of the users.
  void act();
  void create_server();
  void create_with_own_port();
  void create_several();
  void delete_server();
  void delete_server_twice();
  void change_power();
  // Softly, and at once again the hard way.
  void reboot_twice();
  void rebuild();
  void make_image_of_server();
  void create_port();
  void delete_port();
  void create_image();
  void import_image();
  void delete_image();
  void create_volume();
  void delete_volume();
  void extend_volume();
  void make_image_of_volume();
  void revert_volume();
  void create_snapshot();
  void delete_snapshot();
  void create_group();
  void create_volume_in_group();
  // A group of copies, of a group or group snapshot.
  void copy_group();
  void create_group_snapshot();
  void delete_group_snapshot();
  void delete_group();
  // Some of these, one soon after the other.
  void use_groups();
  void attach_volume();
  void detach_volume();
  // It comes with the server, and goes with it.
  void create_server_on_volume();
  // Everything in the lists must be the project's own, or shared.
  void look_around();

 private:
  using Things = std::map<std::string, Known>;
  [[nodiscard]] uint64_t choose(uint64_t bound) { return cloud_.simulation().choose(bound); }
  // One of the project's that is not deleted; empty: there is none.
  std::string choose_from(const Things& things);
  Answer send(const char* url_base, const char* method, const std::string& target,
              const base::Json& body = nullptr) {
    return cloud_.send(project_, url_base, method, target, body);
  }
  // Again, a while later, as long as it is unknown what became of it.
  Answer insist(const char* url_base, const char* method, const std::string& target,
                const base::Json& body = nullptr);
  std::string create(const base::JsonObject& extra, const base::Json& networks);
  std::string create(base::JsonObject server);
  // Its id; empty: it was refused, or nobody knows.
  std::string create_image_record();
  void remove(const char* url_base, const std::string& target, Known& known);
  // Learns what is there from a list, and who owns it.
  void learn(const char* url_base, const char* target, const char* collection, const char* owner,
             Things* things);

  Cloud& cloud_;
  const Setting& setting_;
  Ledger& ledger_;
  std::string project_;
  size_t number_;
  size_t names_ = 0;
};

}  // namespace simulation
