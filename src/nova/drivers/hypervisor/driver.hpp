// What runs guests on a host. All drivers pass one conformance suite (conformance.hpp).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace nova::drivers {

// Numbers as Nova's API shows them.
enum class PowerState { none = 0, running = 1, paused = 3, shutdown = 4, crashed = 6 };

// A LUN, and what signs this host in there.
struct IscsiDisk {
  std::string portal;     // "192.0.2.1:3260"
  std::string target;     // IQN
  std::string initiator;  // IQN
  int64_t lun = 1;
  std::string username;
  std::string password;  // never logged, nor written where others can read it
};

// An image of Ceph's block device, and as whom this host signs in there.
struct RbdDisk {
  std::string pool;
  std::string image;
  std::vector<std::string> hosts;  // of the monitors; each with the port of the same place
  std::vector<std::string> ports;
  std::string user;
  std::string configuration;  // path of ceph.conf; empty: where Ceph looks
  bool has_key = false;       // else the configuration names a keyring
  std::string key;            // in base64; never logged, nor written where others can read it
};

// How fast a disk may be read and written, by the names that Cinder's QoS specs have for it:
// total_, read_ and write_, bytes_sec and iops_sec, each also with _max (for bursts),
// size_iops_sec. What is not there is not limited.
using DiskLimits = std::map<std::string, int64_t>;

struct GuestDisk {
  std::string path;    // empty: it is `iscsi` or `rbd`
  std::string format;  // "qcow2" or "raw": always said, never guessed from the bytes
  bool read_only = false;
  bool is_cdrom = false;
  std::string serial = {};  // a volume's id: what it is plugged and found by, also in the guest
  std::optional<IscsiDisk> iscsi = {};
  std::optional<RbdDisk> rbd = {};
  std::string plugged_as = {};  // the serial that a guest that runs knows it by, if it is another
  DiskLimits limits = {};       // of a volume
};

// What is booted instead of what a disk's boot loader would choose.
struct GuestKernel {
  std::string path;
  std::string ramdisk;  // a path; empty: there is none
  std::string arguments;
};

struct GuestInterface {
  std::string tap;  // exists before the guest starts
  std::string mac_address;
};

struct GuestDefinition {
  std::string id;    // the server's
  std::string name;  // for people
  int64_t vcpus = 1;
  int64_t memory_mib = 128;
  std::vector<GuestDisk> disks;       // the first one is booted
  std::optional<GuestKernel> kernel;  // or this, with the first one as its root
  std::vector<GuestInterface> interfaces;
};

// The disk in place of the one with its serial, or as the last one.
void add_disk(GuestDefinition& guest, const GuestDisk& disk);
// Known to the guest by the same name.
void replace_disk(GuestDisk& known, const GuestDisk& disk);
// The serial that a guest that runs knows the disk by.
[[nodiscard]] const std::string& name_in_guest(const GuestDisk& disk);
// A name for another disk, its own serial unless the guest knows a third one by that.
[[nodiscard]] std::string free_name(const GuestDefinition& guest, const std::string& serial);
// Whether there was one.
bool remove_disk(GuestDefinition& guest, const std::string& serial);
// Of the disks that have one.
[[nodiscard]] std::vector<std::string> serials_of(const GuestDefinition& guest);

struct HostResources {
  std::string hypervisor_type;     // "QEMU"
  int64_t hypervisor_version = 0;  // 7002022 for 7.2.22
  std::string virt_type;           // "kvm" or "qemu"
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  std::string cpu_info;  // JSON text
  std::string problem;   // why no guest can be started here, and what to do; empty: they can
};

enum class StopMode { clean, hard };

inline constexpr size_t kConsoleTail = 100 << 10;  // bytes of a console's text that are shown

// Thread-safe; calls for one guest are made one at a time by the caller. Every call may be
// repeated: what is already so stays so. All throw base::Error; no call returns before what it says
// is true. A guest and all that is known of it outlive the driver: the next driver of the host
// finds them. A guest is known from its first start until it is removed; for one that is not known
// every call but start, remove, power_state, copy_disk and end_copies throws Error(not_found).
class Hypervisor {
 public:
  virtual ~Hypervisor() = default;
  [[nodiscard]] virtual HostResources resources() = 0;
  // The guest runs, with this definition if it did not run before. If it can not be started, the
  // error's message says why, and nothing runs.
  virtual void start(const GuestDefinition& guest) = 0;
  // The guest does not run. `clean` asks it to shut down and pulls the plug after `patience`.
  virtual void stop(const std::string& id, StopMode mode, base::Duration patience) = 0;
  // The guest starts anew, as it was defined. `clean` asks it first, as stop does.
  virtual void reboot(const std::string& id, StopMode mode, base::Duration patience) = 0;
  // Throws Error(conflict) if the guest does not run.
  virtual void pause(const std::string& id) = 0;
  // A paused guest goes on. Throws Error(conflict) if it does not run.
  virtual void resume(const std::string& id) = 0;
  // The guest has the disk, which has a serial: at once if it runs, and whenever it starts.
  virtual void attach_disk(const std::string& id, const GuestDisk& disk) = 0;
  // The guest has given it up, and will not have it when it starts. Throws Error(timeout) if it
  // keeps it for longer than `patience`; nothing has changed then.
  virtual void detach_disk(const std::string& id, const std::string& serial,
                           base::Duration patience) = 0;
  // In place of the disk with that serial the guest has `disk`, which has a serial, too, and holds
  // the same; a guest that runs sees and waits for nothing. `keep_on` is called every now and then;
  // what it throws ends the call. If this throws, and list_serials() does not tell the new serial,
  // all is as before; else it is to be called again. Throws Error(conflict) if the guest does not
  // run.
  virtual void swap_disk(const std::string& id, const std::string& serial, const GuestDisk& disk,
                         const std::function<void()>& keep_on) = 0;
  // What is behind the disk has that many bytes now; a guest that runs is told.
  virtual void resize_disk(const std::string& id, const std::string& serial, int64_t bytes) = 0;
  // Makes `to`, a qcow2 file without a backing file, of what the guest's disk `disk` holds at one
  // moment of this call; a guest that runs goes on meanwhile. `keep_on` is called every now and
  // then; what it throws ends the call. If this throws, `to` may be there, unfinished. For a guest
  // that is not known too, whose disk nobody writes.
  virtual void copy_disk(const std::string& id, const GuestDisk& disk, const std::string& to,
                         const std::function<void()>& keep_on) = 0;
  // No copy is being made of any disk of the guest, whoever began it.
  virtual void end_copies(const std::string& id) = 0;
  // Serials of the disks that it has, or will have when it starts.
  [[nodiscard]] virtual std::vector<std::string> list_serials(const std::string& id) = 0;
  // The guest does not run and nothing is known of it any more. Disks are not touched.
  virtual void remove(const std::string& id) = 0;
  // `none` for a guest that is not known. One that ended by itself is `shutdown`, or `crashed` if
  // the hypervisor can tell.
  [[nodiscard]] virtual PowerState power_state(const std::string& id) = 0;
  // Ids of all guests that are known, running or not.
  [[nodiscard]] virtual std::vector<std::string> list_guests() = 0;
  // What the guest wrote to its serial console, over all its starts: the last 100 KiB.
  [[nodiscard]] virtual std::string console_output(const std::string& id) = 0;
};

}  // namespace nova::drivers
