// Cinder's API as Nova needs it.
// https://docs.openstack.org/api-ref/block-storage/v3/
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/described.hpp"
#include "openstack/clients/answers.hpp"
#include "openstack/clients/service_session.hpp"

namespace openstack::clients {

struct Volume {
  std::string id;
  std::string status;  // "available", "in-use", "creating", "error", ...
  int64_t size_gib = 0;
  bool bootable = false;
  bool multiattach = false;
  bool read_only = false;
  std::vector<std::string> servers;  // that have it
  std::string availability_zone;
  base::Json image_metadata = base::JsonObject{};  // of the image that it was made from
};

// What a volume is made from: at most one of image and snapshot.
struct VolumeRequest {
  std::string name = {};
  int64_t size_gib = 0;  // 0: the snapshot's
  std::string image_id = {};
  std::string snapshot_id = {};
  std::string volume_type = {};
};

struct VolumeAttachment {
  std::string id;
  std::string volume_id;
  std::string server_id;
  std::string status;  // "reserved", "attaching", "attached", "detaching"
};

// The host that reaches for a volume.
struct VolumeConnector {
  std::string host;
  std::string ip;
  std::string initiator;  // IQN
};

// An image of Ceph's block device.
struct RbdLocation {
  std::string pool;
  std::string image;
  std::vector<std::string> hosts;  // of the monitors; each with the port of the same place
  std::vector<std::string> ports;
  std::string user;
  std::string secret_uuid;  // by which hosts know the user's key; may be empty
};

// How it gets there.
struct VolumeConnection {
  std::string driver;  // "iscsi", "rbd"
  std::string portal;
  std::string target;  // IQN
  int64_t lun = 0;
  std::string username;
  std::string password;  // never logged
  bool read_only = false;
  RbdLocation rbd = {};  // instead of portal to password
  base::Json qos_specs;  // what its type leaves to the hypervisor to keep; null: nothing
};

// Thread-safe. All throw base::Error of the kind of Cinder's answer.
class Cinder {
 public:
  Cinder(ServiceSession& session, platform::http::Transport& transport, std::string url_base)
      : session_(session), transport_(transport), url_base_(std::move(url_base)) {}

  // In the caller's name: what is his, Cinder judges.
  // The volume is on its way out of a server, as everybody can see. Throws Error(bad_request)
  // unless it is in use.
  void begin_detaching(const Caller& caller, const std::string& id);
  [[nodiscard]] Volume get_volume(const Caller& caller, const std::string& id);
  [[nodiscard]] Volume create_volume(const Caller& caller, const VolumeRequest& wanted);
  // The size in GiB of a snapshot.
  [[nodiscard]] int64_t get_snapshot_size(const Caller& caller, const std::string& id);
  // Begins a snapshot, also of a volume in use, that is part of an image; its id.
  [[nodiscard]] std::string create_snapshot(const Caller& caller, const std::string& volume_id,
                                            const std::string& name, const std::string& image_id);
  // No such snapshot: nothing.
  void delete_snapshot(const Caller& caller, const std::string& id);

  // As Nova itself, which serves all projects.
  [[nodiscard]] Volume get_volume(const std::string& id, const std::string& request_id);
  // Deletes it, also while it is being made. One that can not be deleted now, for its snapshots for
  // instance, stays, as with OpenStack; the log says so. No such volume: nothing.
  void discard_volume(const std::string& id, const std::string& request_id);
  // Ids of the volume's snapshots that create_snapshot() made for that image.
  [[nodiscard]] std::vector<std::string> list_snapshots_for_image(const std::string& volume_id,
                                                                  const std::string& image_id,
                                                                  const std::string& request_id);
  // No such snapshot: nothing. Throws Error(bad_request) while it is being made.
  void delete_snapshot(const std::string& id, const std::string& request_id);
  // As many as the first page of a list has that have that status, of all projects.
  [[nodiscard]] std::vector<Volume> list_volumes_in(const std::string& status,
                                                    const std::string& request_id);
  // It is in use as before; nothing if it was not on its way.
  void roll_detaching(const std::string& id, const std::string& request_id);
  // Reserves the volume for the server; the attachment's id.
  [[nodiscard]] std::string create_attachment(const std::string& volume_id,
                                              const std::string& server_id,
                                              const std::string& request_id);
  [[nodiscard]] std::vector<VolumeAttachment> list_attachments(const std::string& volume_id,
                                                               const std::string& server_id,
                                                               const std::string& request_id);
  // All that have that status, of all projects.
  [[nodiscard]] std::vector<VolumeAttachment> list_attachments_in(const std::string& status,
                                                                  const std::string& request_id);
  // May be asked again by the same connector.
  [[nodiscard]] VolumeConnection connect(const std::string& attachment_id,
                                         const VolumeConnector& connector,
                                         const std::string& request_id);
  void complete(const std::string& attachment_id, const std::string& request_id);
  // Nobody reaches the volume by it any more. No such attachment: nothing.
  void delete_attachment(const std::string& attachment_id, const std::string& request_id);
  // Nobody reaches the volume by that server any more: all attachments of the two are gone.
  // `may_go` is asked when there are any, once they are listed: what is made after that stays.
  // False: all stay.
  void release(const std::string& volume_id, const std::string& server_id,
               const std::string& request_id, const std::function<bool()>& may_go = nullptr);

 private:
  base::Json call(const std::string& method, const std::string& target, const base::Json& body,
                  const std::string& request_id);
  base::Json call_as(const Caller& caller, const std::string& method, const std::string& path,
                     const base::Json& body);
  std::vector<VolumeAttachment> list(const std::string& query, const std::string& request_id);

  ServiceSession& session_;
  platform::http::Transport& transport_;
  std::string url_base_;
};

}  // namespace openstack::clients
