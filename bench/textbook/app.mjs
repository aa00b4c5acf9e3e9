// The same API as a textbook writes it: Nest on Express, with TypeOrmModule, JwtModule and PassportModule.
// Prints its port.
import 'reflect-metadata';
import {
  Body,
  Controller,
  Delete,
  Get,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import bcrypt from 'bcryptjs';
import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';
import { ExtractJwt, Strategy as JwtStrategyBase } from 'passport-jwt';
import {
  Column,
  CreateDateColumn,
  Entity,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';

const SECRET = 'a secret in the code, as in the tutorial';

/** Applies decorators to a method as compiled TypeScript does, with parameter types and parameter decorators. */
function member(target, key, decorators, types = [], parameters = []) {
  const { prototype } = target;
  Reflect.defineMetadata('design:paramtypes', types, prototype, key);
  parameters.forEach((decorator, index) => decorator(prototype, key, index));
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
  decorators.forEach(decorator => decorator(prototype, key, descriptor));
}
const field = (target, key, type, ...decorators) => {
  Reflect.defineMetadata('design:type', type, target.prototype, key);
  decorators.forEach(decorator => decorator(target.prototype, key));
};
function inject(target, types, parameters = []) {
  Reflect.defineMetadata('design:paramtypes', types, target);
  parameters.forEach((decorator, index) => decorator(target, undefined, index));
  Injectable()(target);
}

class User {}
field(User, 'id', Number, PrimaryGeneratedColumn());
field(User, 'name', String, Column({ unique: true }));
field(User, 'password', String, Column());
Entity()(User);

class Author {}
field(Author, 'id', Number, PrimaryGeneratedColumn());
for (const name of ['name', 'book', 'country']) {
  field(Author, name, String, Column());
}
field(Author, 'booker_prize', Boolean, Column({ default: false }));
field(Author, 'version', Number, VersionColumn());
field(Author, 'created_at', Date, CreateDateColumn());
field(Author, 'updated_at', Date, UpdateDateColumn());
field(
  Author,
  'owner',
  User,
  ManyToOne(() => User),
);
Entity()(Author);

class UserDto {}
field(UserDto, 'name', String, ApiProperty(), IsString(), Length(1, 50));
field(UserDto, 'password', String, ApiProperty(), IsString(), Length(8, 256));

class AuthorDto {}
for (const name of ['name', 'book', 'country']) {
  field(AuthorDto, name, String, ApiProperty(), IsString(), Length(1, 50));
}
field(AuthorDto, 'booker_prize', Boolean, ApiProperty(), IsOptional(), IsBoolean());

class UsersService {
  constructor(users) {
    this.users = users;
  }
  async register({ name, password }) {
    await this.users.save({ name, password: await bcrypt.hash(password, 12) });
    return { message: 'registered successfully' };
  }
  find(name) {
    return this.users.findOneBy({ name });
  }
}
inject(UsersService, [Object], [InjectRepository(User)]);

class UsersController {
  constructor(users) {
    this.users = users;
  }
  register(body) {
    return this.users.register(body);
  }
}
inject(UsersController, [UsersService]);
member(UsersController, 'register', [Post('register')], [UserDto], [Body()]);
Controller()(UsersController);

class UsersModule {}
Module({
  imports: [TypeOrmModule.forFeature([User])],
  controllers: [UsersController],
  providers: [UsersService],
  exports: [UsersService],
})(UsersModule);

class JwtStrategy extends PassportStrategy(JwtStrategyBase) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: SECRET });
  }
  validate({ sub }) {
    return { id: sub };
  }
}
inject(JwtStrategy, []);

class AuthController {
  constructor(users, jwt) {
    this.users = users;
    this.jwt = jwt;
  }
  async login(request) {
    const [, credentials] = (request.headers.authorization ?? '').split(' ');
    const [name, password] = Buffer.from(credentials ?? '', 'base64')
      .toString()
      .split(':');
    const user = await this.users.find(name);
    const isRight = user !== null && (await bcrypt.compare(password, user.password));
    return isRight ? { token: this.jwt.sign({ sub: user.id }) } : { message: 'could not verify' };
  }
}
inject(AuthController, [UsersService, JwtService]);
member(AuthController, 'login', [Get('login')], [Object], [Req()]);
Controller()(AuthController);

class AuthModule {}
Module({
  imports: [
    UsersModule,
    PassportModule,
    JwtModule.register({ secret: SECRET, signOptions: { expiresIn: '30m' } }),
  ],
  controllers: [AuthController],
  providers: [JwtStrategy],
})(AuthModule);

class AuthorsController {
  constructor(authors) {
    this.authors = authors;
  }
  async list({ user }, take = 100) {
    const where = { owner: { id: user.id } };
    return { list_of_authors: await this.authors.find({ where, order: { id: 'ASC' }, take }) };
  }
  async find({ user }, id) {
    const author = await this.authors.findOneBy({ id, owner: { id: user.id } });
    if (author === null) {
      throw new NotFoundException();
    }
    return author;
  }
  create({ user }, body) {
    return this.authors.save({ ...body, owner: { id: user.id } });
  }
  async remove({ user }, id) {
    await this.authors.delete({ id, owner: { id: user.id } });
    return { message: 'Author deleted' };
  }
}
inject(AuthorsController, [Object], [InjectRepository(Author)]);
member(
  AuthorsController,
  'list',
  [Get('authors')],
  [Object, Number],
  [Req(), Query('limit', new ParseIntPipe({ optional: true }))],
);
member(AuthorsController, 'find', [Get('authors/:id')], [Object, Number], [Req(), Param('id')]);
member(AuthorsController, 'create', [Post('author')], [Object, AuthorDto], [Req(), Body()]);
member(
  AuthorsController,
  'remove',
  [Delete('authors/:id')],
  [Object, Number],
  [Req(), Param('id')],
);
UseGuards(AuthGuard('jwt'))(AuthorsController);
Controller()(AuthorsController);

class AuthorsModule {}
Module({ imports: [TypeOrmModule.forFeature([Author])], controllers: [AuthorsController] })(
  AuthorsModule,
);

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: process.env.DATABASE,
      entities: [User, Author],
      synchronize: true,
    }),
    UsersModule,
    AuthModule,
    AuthorsModule,
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
const document = SwaggerModule.createDocument(app, new DocumentBuilder().addBearerAuth().build());
SwaggerModule.setup('docs', app, document);
await app.listen(0, '127.0.0.1');
console.log(new URL(await app.getUrl()).port);
