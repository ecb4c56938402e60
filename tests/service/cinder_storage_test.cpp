// Cinder's roles over real storage, and hosts that reach its volumes as the attachments say, by
// QEMU's iSCSI initiator: over files where tgtd may run, over LVM and NFS where
// scripts/storage-guest has them.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/text.hpp"
#include "cinder/drivers/volume/lvm/volume_group.hpp"
#include "cinder_world.hpp"
#include "platform/process.hpp"
#include "temporary_directory.hpp"

namespace cinder_tests::on_storage {
namespace {

constexpr const char* kImage = "88888888-8888-4888-8888-888888888888";
constexpr const char* kServer = "77777777-7777-4777-8777-777777777777";
constexpr const char* kInitiator = "iqn.2010-10.org.test:host";

std::string text_of_environment(const char* name) {
  const char* const text = ::getenv(name);
  return text ? text : "";
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

using Config = std::map<std::string, std::string>;

struct Place {
  const char* name;
  // The back end's part of cinder.conf; nothing: this machine does not have that storage.
  std::optional<Config> (*config)(const std::string& directory);
  std::vector<std::string> (*list)(const CinderWorld&);
};

void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

std::optional<Config> config_of_lvm(const std::string&) {
  const std::string group = text_of_environment("NEPHELE_TEST_VOLUME_GROUP");
  if (group.empty()) return std::nullopt;
  return Config{{"file/volume_driver", "lvm"}, {"file/volume_group", group}};
}

std::vector<std::string> list_lvm(const CinderWorld&) {
  const cinder::drivers::VolumeGroup group(text_of_environment("NEPHELE_TEST_VOLUME_GROUP"));
  std::vector<std::string> names;
  for (const auto& volume : group.list()) names.push_back(volume.name);
  return names;
}

std::optional<Config> config_of_nfs(const std::string& directory) {
  const std::string shares = text_of_environment("NEPHELE_TEST_NFS_SHARES");
  if (shares.empty()) return std::nullopt;
  std::ofstream list(directory + "/nfs_shares");
  for (const std::string_view share : base::split(shares, ' ')) list << share << "\n";
  return Config{{"file/volume_driver", "nfs"},
                {"file/nfs_shares_config", directory + "/nfs_shares"},
                {"file/nfs_mount_options", "vers=4.2"}};
}

std::vector<std::string> list_nfs(const CinderWorld&) {
  const std::string root = text_of_environment("NEPHELE_TEST_NFS_ROOT");
  std::vector<std::string> names = files_in(root + "/one");
  std::ranges::copy(files_in(root + "/two"), std::back_inserter(names));
  return names;
}

const Place kFiles{"Files", [](const std::string&) -> std::optional<Config> { return Config{}; },
                   [](const CinderWorld& world) { return world.files(); }};
const Place kLvm{"Lvm", config_of_lvm, list_lvm};
const Place kNfs{"Nfs", config_of_nfs, list_nfs};

bool may_run_targets() {
  try {
    for (const char* const program : {"tgtadm", "qemu-io"})
      static_cast<void>(platform::run_process({program, "--version"}));
    return ::geteuid() == 0;
  } catch (const base::Error&) {
    return false;
  }
}

// What a host has of a volume.
class AttachedDisk {
 public:
  AttachedDisk(CinderWorld& world, const std::string& volume) : world_(world) {
    const auto made =
        world_.post("/v3/attachments",
                    R"({"attachment":{"volume_uuid":")" + volume + R"(","instance_uuid":")" +
                        kServer + R"(","connector":{"initiator":")" + kInitiator +
                        R"(","host":"compute","ip":"127.0.0.1"}}})",
                    "3.44");
    EXPECT_EQ(made.status, 200) << made.body;
    id_ = made.text("attachment", "id");
    const auto told = [&](const char* name) {
      return made.text("attachment", "connection_info", name);
    };
    secret_ = "secret,id=s,data=" + told("auth_password");
    options_ = "driver=iscsi,transport=tcp,portal=" + told("target_portal") +
               ",target=" + told("target_iqn") + ",lun=1,user=" + told("auth_username") +
               ",password-secret=s,initiator-name=" + kInitiator;
  }
  AttachedDisk(const AttachedDisk&) = delete;
  AttachedDisk& operator=(const AttachedDisk&) = delete;
  // Commands of qemu-io(1): "read -P 0x61 0 4k" fails if other bytes are there.
  [[nodiscard]] testing::AssertionResult does(const std::vector<std::string>& commands) const {
    std::vector<std::string> arguments{"qemu-io", "--object", secret_, "--image-opts", options_};
    for (const std::string& command : commands) arguments.insert(arguments.end(), {"-c", command});
    const auto result = platform::run_process(arguments);
    return testing::AssertionResult(result.exit_code == 0) << result.output << result.errors;
  }
  void detach() {
    EXPECT_EQ(world_.send("demo", "DELETE", "/v3/attachments/" + id_, "", "3.44").status, 200);
  }

 private:
  CinderWorld& world_;
  std::string id_;
  std::string secret_;
  std::string options_;
};

class CinderStorage : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    const auto config = GetParam().config(directory_.path());
    if (!config) GTEST_SKIP() << "scripts/storage-guest has that storage";
    if (!may_run_targets()) GTEST_SKIP() << "this machine can not run tgtd: it needs root";
    WorldOptions options{*config};
    options.config["DEFAULT/target_helper"] = "tgtadm";
    // Below the ports that the kernel gives to clients, and one per process.
    options.config["DEFAULT/target_port"] = std::to_string(22000 + ::getpid() % 9000);
    world_.emplace(options);
    world_->add_image(kImage, std::string(8 << 20, 'i'));
  }
  // An emulated machine takes its time.
  bool wait_for(const std::string& path, const std::string& status) {
    for (int i = 0; i < 6; ++i)
      if (world_->wait_for(path, status)) return true;
    return false;
  }
  std::string make(const std::string& kind, const std::string& members) {
    const auto made = world_->post("/v3/" + kind + "s", "{\"" + kind + R"(":{)" + members + "}}");
    const std::string id = made.text(kind.c_str(), "id");
    EXPECT_TRUE(wait_for("/v3/" + kind + "s/" + id, "available")) << made.body;
    return id;
  }
  void remove(const std::string& path) {
    EXPECT_EQ(world_->send("demo", "DELETE", path).status, 202);
    EXPECT_TRUE(wait_for(path, "gone")) << path;
  }

  service_tests::TemporaryDirectory directory_{"storage"};
  std::optional<CinderWorld> world_;
};

TEST_P(CinderStorage, keeps_what_hosts_write_to_volumes_and_what_is_made_of_them) {
  const std::string volume =
      make("volume", std::string(R"("size":1,"imageRef":")") + kImage + "\"");
  AttachedDisk first(*world_, volume);
  EXPECT_TRUE(first.does({"read -P 0x69 0 8M", "write -P 0x61 4M 64k", "flush"}));
  first.detach();
  EXPECT_FALSE(first.does({"read 0 512"})) << "what was told of it opens nothing any more";

  const std::string snapshot = make("snapshot", R"("volume_id":")" + volume + "\"");
  EXPECT_EQ(world_->act(volume, R"({"os-extend":{"new_size":3}})").status, 202);
  EXPECT_TRUE(wait_for("/v3/volumes/" + volume, "available"));
  AttachedDisk second(*world_, volume);
  EXPECT_TRUE(second.does({"read -P 0x61 4M 64k", "read -P 0 2500M 64k", "write -P 0x62 4M 64k",
                           "write -P 0x62 2500M 64k", "flush"}));
  second.detach();

  const std::string copy = make("volume", R"("size":2,"snapshot_id":")" + snapshot + "\"");
  AttachedDisk third(*world_, copy);
  EXPECT_TRUE(third.does({"read -P 0x69 0 4M", "read -P 0x61 4M 64k", "read -P 0 1500M 64k"}));
  third.detach();

  remove("/v3/snapshots/" + snapshot);
  remove("/v3/volumes/" + volume);
  remove("/v3/volumes/" + copy);
  EXPECT_EQ(GetParam().list(*world_), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Storage, CinderStorage, testing::Values(kFiles, kLvm, kNfs),
                         [](const auto& place) { return std::string(place.param.name); });

}  // namespace
}  // namespace cinder_tests::on_storage
