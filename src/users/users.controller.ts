import { Body, Controller, Delete, Get, HttpCode, Param, Patch } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, Caller } from '../http/access.js';
import { From } from '../http/origin.js';
import type { Origin } from '../http/origin.js';
import { ApiPageQuery, Paging } from '../lists/list-query.js';
import type { PageQuery } from '../lists/pages.js';
import type { Principal } from '../http/principal.js';
import { USER_ID } from '../http/user-id.docs.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { RenameRequest, UserListResponse, UserResponse, UserRightsRequest } from './users.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Access({ admin: true, scope: 'users:read' })
  @ApiOperation({
    summary: 'List all users',
    operationId: 'listUsers',
    description: 'All accounts, the oldest first.',
  })
  @ApiOkResponse({ type: UserListResponse, description: 'one page' })
  @ApiPageQuery()
  list(@Caller() caller: Principal, @Paging() query: PageQuery): Promise<UserListResponse> {
    return this.users.list(caller, query);
  }

  @Get('me')
  @Access({ anyToken: true })
  @ApiOperation({
    summary: 'Get your profile',
    operationId: 'getProfile',
    description: 'Your name, your rights and your public id.',
  })
  @ApiOkResponse({ type: UserResponse, description: 'your profile' })
  profile(@Caller() caller: Principal): Promise<UserResponse> {
    return this.users.profile(caller);
  }

  @Patch('me')
  @Access({ fresh: true })
  @ApiOperation({
    summary: 'Change your name',
    operationId: 'renameProfile',
    description: 'Log in with the new name from now on. Your records, sessions and tokens stay.',
  })
  @ApiOkResponse({ type: UserResponse, description: 'your profile' })
  @ApiProblem('name_taken', 'quota_exceeded')
  rename(
    @Caller() caller: Principal,
    @Body() { name }: RenameRequest,
    @From() origin: Origin,
  ): Promise<UserResponse> {
    return this.users.rename(caller, name, origin);
  }

  @Get(':public_id')
  @USER_ID
  @Access({ admin: true })
  @ApiOperation({
    summary: 'Get a user',
    operationId: 'getUser',
    description: 'One account by its public id.',
  })
  @ApiOkResponse({ type: UserResponse, description: 'the user' })
  @ApiProblem('user_not_found')
  find(@Caller() caller: Principal, @Param('public_id') publicId: string): Promise<UserResponse> {
    return this.users.find(caller, publicId);
  }

  @Patch(':public_id')
  @USER_ID
  @Access({ admin: true, fresh: true })
  @ApiOperation({
    summary: "Change a user's rights",
    operationId: 'setUserRights',
    description:
      'Sets `admin`, `disabled` or both. A disabled user cannot log in, and all their tokens end at ' +
      'once; their records stay. The last admin cannot be demoted or disabled.',
  })
  @ApiOkResponse({ type: UserResponse, description: 'the user' })
  @ApiProblem('user_not_found', 'last_admin')
  setRights(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @Body() rights: UserRightsRequest,
    @From() origin: Origin,
  ): Promise<UserResponse> {
    return this.users.setRights(caller.publicId, publicId, rights, origin);
  }

  @Delete(':public_id')
  @USER_ID
  @HttpCode(204)
  @Access({ admin: true, fresh: true })
  @ApiOperation({
    summary: 'Remove a user and all their data',
    operationId: 'removeUser',
    description:
      'Ends every session and token of the user at once and deletes their records. The last admin ' +
      'cannot be removed.',
  })
  @ApiNoContentResponse({ description: 'the user is removed' })
  @ApiProblem('user_not_found', 'last_admin')
  remove(
    @Caller() caller: Principal,
    @Param('public_id') publicId: string,
    @From() origin: Origin,
  ): Promise<void> {
    return this.users.remove(caller.publicId, publicId, origin);
  }
}
